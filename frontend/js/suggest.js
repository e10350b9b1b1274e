// Canned replies by "/" and people by "@": <text-expander keys="/ @" data-suggest="/support/suggestions">.
// The address answers ?key=/&q=refu with a list of {label, value, hint?}.
import { el, on } from "./dom.js";

const GAP = 8;

on("text-expander-change", "text-expander", (event, expander) => {
  const { key, text, provide } = event.detail;
  const address = key === "@" ? expander.dataset.people : expander.dataset.suggest;
  if (key === "@" && expander.dataset.people && !writesNote(expander)) return; // nobody is mentioned in public
  if (address) provide(look(address, key, text));
}, true); // these events do not bubble

on("text-expander-value", "text-expander", (event) => {
  event.detail.value = event.detail.item.dataset.value;
}, true);

// The list stands above the text, or below it where that has more room; it scrolls nothing.
on("text-expander-activate", "text-expander", (_event, expander) => queueMicrotask(() => place(expander)), true);

function place(expander) {
  const [list, area] = [expander.querySelector(".suggestions"), expander.querySelector("textarea")?.getBoundingClientRect()];
  if (!list || !area) return;
  const frame = (expander.closest(".panel-main") ?? document.documentElement).getBoundingClientRect();
  const box = list.getBoundingClientRect();
  const above = area.top - Math.max(0, frame.top) - GAP;
  const below = Math.min(innerHeight, frame.bottom) - area.bottom - GAP;
  const height = Math.min(box.height, Math.max(above, below));
  const { left, top } = getComputedStyle(list);
  list.style.maxBlockSize = `${height}px`;
  list.style.top = `${parseFloat(top) - box.top + (above > below ? area.top - height : area.bottom)}px`;
  list.style.left = `${parseFloat(left) - Math.max(0, box.right + GAP - frame.right)}px`;
}

const writesNote = (expander) => expander.closest("form")?.querySelector('[name="kind"][value="note"]')?.checked;

let turn = 0;

async function look(address, key, text) {
  const own = ++turn;
  const answer = await fetch(`${address}?${new URLSearchParams({ key, q: text })}`, { headers: { Accept: "application/json" } });
  const found = answer.ok && !answer.redirected ? await answer.json() : [];
  if (own !== turn) return new Promise(() => {}); // more was typed meanwhile: only the last answer is shown
  const list = el("ul", { class: "menu-panel suggestions", role: "listbox", "aria-label": "Suggestions" });
  found.forEach((one, index) =>
    list.append(
      el(
        "li",
        { class: "menu-item", role: "option", id: `suggestion-${index}`, "data-value": one.value },
        el("span", {}, one.label),
        one.hint ? el("small", { class: "muted" }, one.hint) : null,
      ),
    ),
  );
  return { matched: found.length > 0, fragment: list };
}
