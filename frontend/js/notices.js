// Short notices at the bottom: what the server said, and what only the browser knows.
import { each, el, icon, on, signedOut } from "./dom.js";

const LONG_ENOUGH = 8000;
const place = document.getElementById("notices");

/** Say something. A notice that needs an answer stays; others leave by themselves. */
export function notify(text, { kind = "success", action = null, stay = false } = {}) {
  const shape = kind === "success" ? "circle-check" : "circle-alert";
  const made = el("p", { class: `notice ${kind}`, "data-stay": stay }, icon(shape), el("span", {}, text), action);
  place.append(made);
  arrange(made);
  return made;
}

export function expired() {
  if (document.querySelector("[data-expired]")) return;
  const again = el("a", { href: `/login?next=${encodeURIComponent(location.pathname)}`, target: "_blank" }, "Sign in");
  notify("You were signed out. Sign in again in a new tab; what you wrote stays here.", {
    kind: "warning",
    action: again,
    stay: true,
  }).dataset.expired = "";
}

function arrange(notice) {
  if (notice.dataset.arranged) return;
  notice.dataset.arranged = "true";
  notice.append(el("button", { type: "button", "aria-label": "Dismiss", "data-dismiss": true }, icon("x")));
  if (notice.classList.contains("success") && !("stay" in notice.dataset)) leaveLater(notice);
}

function leaveLater(notice) {
  setTimeout(() => {
    if (notice.matches(":hover, :focus-within")) leaveLater(notice);
    else notice.remove();
  }, LONG_ENOUGH);
}

each("#notices .notice", arrange);
on("click", "[data-dismiss]", (_event, button) => button.closest(".notice").remove());

let offline = null;
addEventListener("offline", () => {
  offline ??= notify("No connection. What you write is kept in this browser.", { kind: "warning", stay: true });
});
addEventListener("online", () => {
  offline?.remove();
  offline = null;
});

document.addEventListener("htmx:after:request", (event) => {
  const { raw, status } = event.detail.ctx.response;
  if (signedOut(status, raw.url)) {
    event.preventDefault(); // or the sign-in page would land inside this one
    expired();
  }
});
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) notify("That did not work. Please try again.", { kind: "error" });
});
