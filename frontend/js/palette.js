// Ctrl+K: jump to any place the page links to, or search for what was typed.
import { el, icon, on } from "./dom.js";
import { keysOn, typing } from "./keys.js";

const jump = () => document.querySelector("[data-jump]");

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || !jump()) return;
  const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  const slash = event.key === "/" && keysOn() && !typing(event.target);
  if (!command && !slash) return;
  event.preventDefault();
  open();
});

// A finger opens the sheet with its field; only the field's focus is missing then.
addEventListener("hashchange", () => {
  if (location.hash === "#jump") jump()?.focus();
});

function places() {
  const seen = new Map();
  for (const link of document.querySelectorAll(".side-nav a, .topbar a[href], .menu-panel a[href]")) {
    const label = (link.getAttribute("aria-label") ?? (link.querySelector(".nav-label") ?? link.querySelector("span") ?? link).textContent).trim();
    if (label && !seen.has(label)) seen.set(label, { label, href: link.href, mark: link.querySelector("svg, .swatch")?.cloneNode(true) });
  }
  return [...seen.values()];
}

function open() {
  const all = places();
  const input = el("input", { type: "text", placeholder: "Search or jump to…", "aria-label": "Search or jump to", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off" });
  const list = el("ul", { id: "palette-list", role: "listbox", "aria-label": "Places" });
  const footer = el("footer", {}, el("span", {}, el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " choose"), el("span", {}, el("kbd", {}, "Enter"), " go"), el("span", {}, el("kbd", {}, "Esc"), " close"));
  const dialog = el("dialog", { class: "palette", "aria-label": "Search or jump to" }, input, list, footer);
  let chosen = 0;

  const draw = () => {
    const text = input.value.trim().toLowerCase();
    const shown = all.filter((place) => place.label.toLowerCase().includes(text)).slice(0, 12);
    if (text) shown.push({ label: `Search tickets for “${input.value.trim()}”`, href: `${jump().form.action}?${new URLSearchParams({ q: input.value.trim() })}`, mark: icon("search") });
    chosen = Math.min(chosen, shown.length - 1);
    list.replaceChildren(
      ...shown.map((place, index) =>
        el("li", { role: "option", id: `place-${index}`, class: "menu-item", "aria-selected": String(index === chosen), "data-href": place.href }, place.mark?.cloneNode(true), el("span", {}, place.label)),
      ),
    );
    input.setAttribute("aria-activedescendant", `place-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const go = (item) => {
    if (item) location.assign(item.dataset.href);
  };

  input.addEventListener("input", () => {
    chosen = 0;
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      chosen = (chosen + step + list.children.length) % list.children.length;
      draw();
    } else if (event.key === "Enter") go(list.children[chosen]);
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
