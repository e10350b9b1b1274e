// Canned replies by "/" and people by "@": <text-expander keys="/ @" data-suggest="/support/suggestions">.
// The address answers ?key=/&q=refu with a list of {label, value, hint?}.
import { el, on } from "./dom.js";

on("text-expander-change", "text-expander", (event, expander) => {
  const { key, text, provide } = event.detail;
  const address = key === "@" ? expander.dataset.people : expander.dataset.suggest;
  if (key === "@" && expander.dataset.people && !writesNote(expander)) return; // nobody is mentioned in public
  if (address) provide(look(address, key, text));
}, true); // these events do not bubble

on("text-expander-value", "text-expander", (event) => {
  event.detail.value = event.detail.item.dataset.value;
}, true);

const writesNote = (expander) => expander.closest("form")?.querySelector('[name="kind"][value="note"]')?.checked;

async function look(address, key, text) {
  const answer = await fetch(`${address}?${new URLSearchParams({ key, q: text })}`, { headers: { Accept: "application/json" } });
  const found = answer.ok && !answer.redirected ? await answer.json() : [];
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
