// A question before something that cannot be undone: data-confirm on the form, or on its button.
import { el, on } from "./dom.js";

const agreed = new WeakSet();

on("submit", "form", (event, form) => {
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || agreed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  ask(question, submitter?.textContent.trim() || "Go on").then((yes) => {
    if (!yes) return submitter?.focus();
    agreed.add(form);
    form.requestSubmit(submitter?.form === form ? submitter : undefined);
  });
}, true);

/** Show the question; a promise of true or false. */
export function ask(question, yes) {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "question", role: "alertdialog" },
    el(
      "form",
      { method: "dialog" },
      el("p", { id: "question" }, question),
      el(
        "footer",
        {},
        el("button", { class: "btn", value: "" }, "Cancel"),
        el("button", { class: "btn primary", value: "yes" }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    }),
  );
}
