// What is typed into a field is completed: <form data-terms="/support/terms"><input name="q"><div class="menu-panel" hidden>.
// The address answers ?q=…&at=… with a list of {label, hint, text}; text is what the field says afterwards.
// With data-terms-once one completion is all: the form is sent with it.
import { each, el, on } from "./dom.js";

const PAUSE = 120; // milliseconds without a key before it asks
let timer = 0;
let asked = 0;

const parts = (form) => ({ field: form.querySelector("input:not([type=hidden])"), list: form.querySelector(".menu-panel") });

const once = (form) => "termsOnce" in form.dataset;
const place = (field) => field.closest("[data-terms]");

function prepare({ field, list }) {
  list.id ||= `terms-list-${document.querySelectorAll("[data-terms] [role=listbox]").length}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completions");
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", String(!list.hidden));
}

function hide({ field, list }) {
  asked += 1;
  clearTimeout(timer);
  list.hidden = true;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

async function show(form) {
  const { field, list } = parts(form);
  if (once(form) && field.value.trim() === "") return hide({ field, list });
  const number = ++asked;
  const at = field.selectionStart ?? field.value.length;
  const address = `${form.dataset.terms}?${new URLSearchParams({ q: field.value, at })}`;
  const rest = field.value.length - at;
  let found = [];
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok && !answer.redirected) found = await answer.json();
  } catch {
    found = []; // without it one types on
  }
  if (number !== asked || document.activeElement !== field) return;
  list.replaceChildren(
    ...found.map((one, index) =>
      el(
        "div",
        { class: "menu-item", role: "option", id: `${list.id}-${index}`, "data-text": one.text, "data-rest": rest, "aria-selected": "false" },
        el("span", {}, one.label),
        one.hint ? el("small", { class: "muted" }, one.hint) : null,
      ),
    ),
  );
  list.hidden = found.length === 0;
  field.setAttribute("aria-expanded", String(found.length > 0));
  field.removeAttribute("aria-activedescendant");
}

function mark({ field, list }, step) {
  asked += 1; // who goes through the list keeps it: an answer that is still on its way comes too late
  clearTimeout(timer);
  const items = [...list.children];
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = now < 0 && step < 0 ? items.length - 1 : (now + step + items.length) % items.length;
  items.forEach((item, index) => item.setAttribute("aria-selected", String(index === next)));
  items[next].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", items[next].id);
}

function take(form, item) {
  const { field } = parts(form);
  field.value = item.dataset.text;
  field.focus();
  const end = field.value.length - Number(item.dataset.rest); // what stood behind stays behind
  field.setSelectionRange(end, end);
  if (!once(form)) return show(form);
  hide(parts(form));
  field.form.requestSubmit();
}

each("[data-terms]", (form) => prepare(parts(form)));

on("input", "[data-terms] input", (_event, field) => {
  clearTimeout(timer);
  timer = setTimeout(() => show(place(field)), PAUSE);
});

on("focusin", "[data-terms] input", (_event, field) => show(place(field)));

on("focusout", "[data-terms]", (event, form) => {
  if (!form.contains(event.relatedTarget)) hide(parts(form));
});

on("keydown", "[data-terms] input", (event, field) => {
  const shown = parts(place(field));
  if (shown.list.hidden || event.isComposing) return;
  const chosen = shown.list.querySelector('[aria-selected="true"]');
  if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(shown, event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") hide(shown);
  else if (chosen && (event.key === "Enter" || event.key === "Tab")) take(place(field), chosen);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

on("mousedown", "[data-terms] .menu-item", (event, item) => {
  event.preventDefault(); // the field keeps the focus
  take(place(item), item);
});
