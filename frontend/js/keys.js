// One key map: whatever carries data-hotkey is pressed by that key while it is visible. "?" shows the map,
// which can be switched off (single keys only; those with Ctrl stay).
import { eventToHotkeyString, normalizeHotkey } from "@github/hotkey";
import { el, on, post } from "./dom.js";

const root = document.documentElement;
const EVERYWHERE = [
  ["?", "This list"],
  ["Ctrl K", "Search or jump to"],
  ["/", "Search"],
];
const IN_LISTS = [
  ["J", "Next ticket"],
  ["K", "Previous ticket"],
  ["X", "Select"],
  ["Enter", "Open"],
  ["A", "Assign to me"],
  ["S", "Change the status"],
  ["E", "Resolve, and on to the next"],
];

export const keysOn = () => root.dataset.keys !== "off";

/** Switch the single keys on or off: here at once, and for this person everywhere. */
function setKeys(wanted) {
  root.dataset.keys = wanted ? "on" : "off";
  post("/profile/keys", { keys: root.dataset.keys }).catch(() => {});
}

export function typing(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
  const pressed = eventToHotkeyString(event);
  const single = !/^(Control|Meta)\+/.test(pressed);
  if (single && !keysOn()) return;
  const inField = typing(event.target);
  if (pressed === "?" || pressed === "Shift+?") {
    if (!inField) help(event);
    return;
  }
  for (const target of document.querySelectorAll("[data-hotkey]")) {
    const scope = target.dataset.hotkeyScope;
    if (inField ? scope !== event.target.id : scope) continue;
    if (!matches(target.dataset.hotkey, pressed) || !target.checkVisibility()) continue;
    event.preventDefault();
    return press(target);
  }
});

const matches = (hotkey, pressed) =>
  hotkey.split(",").some((one) => normalizeHotkey(one.trim()) === pressed.replace(/^Shift\+(?=[^a-z0-9]$)/i, ""));

export function press(target) {
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) target.focus();
  else target.click();
  const panel = target.matches("summary") && target.parentElement.open && target.parentElement.querySelector(".menu-item:not([tabindex='-1'])");
  if (panel) panel.focus(); // a menu that a key has opened is gone through by keys
}

/** The key of something, as it is shown. */
export const shownKey = (target) =>
  (target.dataset.hotkey ?? "").split(",")[0].replace("Mod", "Ctrl").replace("+", " ").toUpperCase().replace("CTRL", "Ctrl").replace("SHIFT", "Shift").replace("ENTER", "Enter");

on("click", "[data-keys-help]", (event) => help(event));

function help(event) {
  event.preventDefault();
  const found = [...document.querySelectorAll("[data-hotkey]")]
    .filter((target) => target.checkVisibility())
    .map((target) => [shownKey(target), words(target)]);
  const lists = document.querySelector("[data-queue], .board, .split-list") ? IN_LISTS : [];
  const lines = new Map([...found, ...lists, ...EVERYWHERE].filter(([key]) => key.length < 12));
  const toggle = el("input", { class: "tick", type: "checkbox", ".checked": keysOn() });
  toggle.addEventListener("change", () => setKeys(toggle.checked));
  const dialog = el(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    el(
      "div",
      { class: "dialog-body" },
      el("h2", { id: "keys-title" }, "Keyboard"),
      el("dl", {}, ...[...lines].map(([key, text]) => el("div", {}, el("dt", {}, text), el("dd", {}, el("kbd", {}, key))))),
      el(
        "footer",
        {},
        el("label", { class: "row grow" }, toggle, "Single keys act at once"),
        el("form", { method: "dialog" }, el("button", { class: "btn" }, "Close")),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** What something is called. */
export function words(target) {
  const label = target.getAttribute("aria-label") ?? target.closest("label")?.querySelector("span")?.textContent ?? target.querySelector("span")?.textContent ?? "";
  return label.trim();
}
