// Forms on their way: sent once, however often the button is pressed; filters sent when changed.
import { on } from "./dom.js";

// What is refused is shown at the address that it was sent to, and that answers to nothing else: the page goes back to
// where it was, for reloading, for sharing, and for what stays up to date.
const { sentFrom } = document.documentElement.dataset;
if (sentFrom) history.replaceState(history.state, "", sentFrom + location.hash);

const sending = new Map(); // form -> the button's own children

// Runs after every other listener, so that what they prevent is not marked as sending.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.target) return;
  if (sending.has(form)) return event.preventDefault();
  const button = event.submitter ?? form.querySelector('button[type="submit"], button:not([type])');
  sending.set(form, button && { button, kept: [...button.childNodes] });
  if (button) setTimeout(() => busy(button)); // afterwards: a disabled button would not send its own value
});

function busy(button) {
  button.style.minInlineSize = `${button.offsetWidth}px`;
  button.dataset.sending = "";
  button.setAttribute("aria-disabled", "true");
  if (!button.classList.contains("square") && !button.classList.contains("menu-item")) {
    button.replaceChildren(button.dataset.busy ?? "Sending…");
  }
}

/** Give a form back its button: after a failure, or when the page comes back from the history. */
function release(form) {
  const held = sending.get(form);
  sending.delete(form);
  if (!held) return;
  held.button.replaceChildren(...held.kept);
  held.button.removeAttribute("data-sending");
  held.button.removeAttribute("aria-disabled");
  held.button.style.minInlineSize = "";
}

addEventListener("pageshow", (event) => {
  if (event.persisted) [...sending.keys()].forEach(release);
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});

on("change", "[data-autosubmit]", (_event, control) => control.form?.requestSubmit());

// An address without its empty filters is one that people can read and share.
addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
