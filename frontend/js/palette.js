// Ctrl+K: press anything on this page, jump to any place that it links to, to a ticket or a person, or search.
import { el, icon, on } from "./dom.js";
import { keysOn, press, shownKey, typing, words } from "./keys.js";

const LATER = 160; // milliseconds after the last key, before the server is asked
const MOST = 14;

const jump = () => document.querySelector("[data-jump]");

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || !jump()) return;
  const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  const slash = event.key === "/" && keysOn() && !typing(event.target);
  if (!command && !slash) return;
  event.preventDefault();
  const terms = document.querySelector(".terms input");
  if (slash && terms?.checkVisibility()) terms.focus();
  else open();
});

// A finger opens the sheet with its field; only the field's focus is missing then.
addEventListener("hashchange", () => {
  if (location.hash === "#jump") jump()?.focus();
});

// What can be pressed here: whatever has a key, and whatever stands in the bar's menus.
function acts() {
  const found = new Map();
  for (const target of document.querySelectorAll("[data-hotkey], .topbar .menu-panel :is(button, a), .topbar :is(.btn, button)[type=submit], #details form.inline .btn:not(.square)")) {
    const label = words(target) || target.textContent.trim();
    const shown = target.checkVisibility() || target.closest(".topbar .menu-panel");
    if (!label || !shown || target.closest("[data-jump], .side") || found.has(label)) continue;
    found.set(label, { label, hint: "", keys: shownKey(target), mark: target.querySelector("svg")?.cloneNode(true), act: () => press(target) });
  }
  return [...found.values()];
}

function places() {
  const seen = new Map();
  for (const link of document.querySelectorAll(".side-nav a, .topbar a[href], .side .menu-panel a[href]")) {
    const label = (link.getAttribute("aria-label") ?? (link.querySelector(".nav-label") ?? link.querySelector("span") ?? link).textContent).trim();
    if (label && !seen.has(label)) seen.set(label, { label, href: link.href, mark: link.querySelector("svg, .swatch")?.cloneNode(true) });
  }
  return [...seen.values()];
}

function open() {
  const here = acts();
  const known = new Set(here.map((one) => one.label));
  const all = [...here, ...places().filter((one) => !known.has(one.label))];
  const input = el("input", { type: "text", placeholder: "Search, jump or do…", "aria-label": "Search, jump or do", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off", maxlength: "100" });
  const list = el("ul", { id: "palette-list", role: "listbox", "aria-label": "What fits" });
  const footer = el("footer", {}, el("span", {}, el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " choose"), el("span", {}, el("kbd", {}, "Enter"), " go"), el("span", {}, el("kbd", {}, "Esc"), " close"));
  const dialog = el("dialog", { class: "palette", "aria-label": "Search, jump or do" }, input, list, footer);
  let chosen = 0;
  let shown = [];
  let found = []; // tickets and people for what is typed
  let timer = 0;
  let asked = 0;

  const draw = () => {
    const text = input.value.trim().toLowerCase();
    const number = /^#?(\d{1,18})$/.exec(text)?.[1];
    const fits = all.filter((one) => one.label.toLowerCase().includes(text)).slice(0, text ? 6 : MOST);
    const direct = number && !found.some((one) => one.hint === `#${number}`) ? [{ label: `Go to ticket #${number}`, href: `/support/tickets/${number}`, mark: icon("arrow-right") }] : [];
    shown = [...(number ? found : []), ...direct, ...fits, ...(number ? [] : found)].slice(0, MOST);
    if (text) shown.push({ label: `Search tickets for “${input.value.trim()}”`, href: `${jump().form.action}?${new URLSearchParams({ q: input.value.trim() })}`, mark: icon("search") });
    chosen = Math.max(0, Math.min(chosen, shown.length - 1));
    list.replaceChildren(
      ...shown.map((one, index) =>
        el(
          "li",
          { role: "option", id: `place-${index}`, class: "menu-item", "aria-selected": String(index === chosen), "data-index": String(index) },
          one.mark?.cloneNode(true),
          el("span", {}, one.label),
          one.hint ? el("small", { class: "muted" }, one.hint) : null,
          one.keys ? el("kbd", { "aria-hidden": "true" }, one.keys) : null,
        ),
      ),
    );
    input.setAttribute("aria-activedescendant", `place-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const go = (item) => {
    const one = item && shown[Number(item.dataset.index)];
    if (!one) return;
    if (one.href) return location.assign(one.href);
    dialog.close();
    one.act();
  };
  const ask = async () => {
    const turn = ++asked;
    try {
      const answer = await fetch(`/support/palette?${new URLSearchParams({ q: input.value.trim() })}`, { headers: { Accept: "application/json" } });
      if (turn !== asked || !answer.ok || answer.redirected) return;
      found = (await answer.json()).map((one) => ({ ...one, mark: icon(one.icon) }));
      draw();
    } catch {
      // What the page itself knows is shown all the same.
    }
  };

  input.addEventListener("input", () => {
    chosen = 0;
    clearTimeout(timer);
    asked++;
    found = [];
    if (input.value.trim()) timer = setTimeout(ask, LATER);
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      chosen = (chosen + step + list.children.length) % list.children.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(list.children[chosen]);
    }
  });
  list.addEventListener("click", (event) => go(event.target.closest("li")));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  draw();
  dialog.showModal();
}

on("focusin", ".jump input", (_event, input) => {
  // With the icons-only sidebar there is no room to type.
  if (input.offsetWidth < 60) open();
});
on("click", ".jump", (event, form) => {
  if (!event.target.closest("input") && form.offsetWidth < 80) open();
});
