// Custom fields: those of the chosen list, and of those the ones whose condition holds.
import { each, on } from "./dom.js";

function said(form, name) {
  const data = new FormData(form).getAll(name);
  return data.map(String);
}

/** Show what is asked; what is not is neither seen nor sent. A field may wait for one that waits itself. */
function show(form) {
  const waiting = [...form.querySelectorAll("[data-asked-if]")];
  for (let round = 0; round <= waiting.length; round++) {
    let changed = false;
    for (const one of waiting) {
      const asked = said(form, one.dataset.askedIf).includes(one.dataset.askedValue);
      if (one.hidden !== asked) continue;
      changed = true;
      one.hidden = !asked;
      one.querySelectorAll("input, select, textarea").forEach((input) => (input.disabled = !asked));
    }
    if (!changed) return;
  }
}

async function change(form, list) {
  const old = form.querySelector("[data-custom-fields]");
  const typed = new FormData(form);
  const wanted = new URLSearchParams(old.dataset.also ?? "");
  wanted.set("task_list", list.value);
  const answer = await fetch(`${location.pathname}?${wanted}`, { headers: { Accept: "text/html" } });
  if (!answer.ok || list.value !== wanted.get("task_list")) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-custom-fields]");
  if (!fresh) return;
  const now = document.importNode(fresh, true);
  old.replaceWith(now);
  // What two lists both ask has been answered.
  for (const input of now.querySelectorAll("[name]")) {
    if (input.name === "fields_of" || !typed.has(input.name)) continue;
    if (input.type === "checkbox") input.checked = typed.getAll(input.name).includes(input.value);
    else input.value = typed.get(input.name);
  }
  show(form);
}

each("form:has([data-custom-fields])", show);
on("change", "form:has([data-custom-fields])", (event, form) => {
  if (event.target.name === "task_list" && form.querySelector('[name="fields_of"]')) change(form, event.target);
  else show(form);
});
