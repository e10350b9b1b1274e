// The agents' list: a current row that the keys act on, selection, groups that fold.
import { each, el, on, store, token, user } from "./dom.js";
import { keysOn, typing } from "./keys.js";
import { refresh } from "./live.js";
import { expired, notify } from "./notices.js";

const ROW = "[data-queue] .ticket, .board .board-card, .split-list .split-row";
const rows = () => [...document.querySelectorAll(ROW)].filter((row) => row.checkVisibility());
const current = () => rows().find((row) => row.matches("[aria-current]"));
const linkOf = (row) => (row.matches("a") ? row : row.querySelector(".c-subject a, h3 a"));

function choose(row) {
  if (!row) return;
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
  if (row.matches(".split-row, .board-card")) linkOf(row).focus({ preventScroll: true });
}

const after = (row, step) => rows()[Math.max(rows().indexOf(row) + step, 0)];

// Acting on a row selects the next one; what is refused is said, and the row stays as it was.
async function act(row, path, fields, done) {
  if (!row) return;
  const next = after(row, 1) ?? after(row, -1);
  const number = row.dataset.id;
  if (next !== row) choose(next);
  let answer;
  try {
    answer = await fetch(`/support/tickets/${number}/${path}`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams(fields),
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
    });
  } catch {
    answer = { status: 0, type: "error" };
  }
  if (answer.status === 401) return expired();
  if (answer.ok || answer.type === "opaqueredirect") {
    notify(`#${number} ${done}`, { action: el("a", { href: `/support/tickets/${number}` }, "Open") });
    return refresh();
  }
  const told = await answer.json?.().catch(() => null);
  notify(told?.detail ?? `#${number} could not be changed.`, { kind: "error" });
}

const STATES = { open: "Open", in_progress: "In progress", resolved: "Resolved", closed: "Closed" };

function states(row) {
  if (!row) return;
  const buttons = Object.entries(STATES).map(([value, text]) => el("button", { class: "menu-item", value }, el("span", {}, text)));
  const title = el("h2", { id: "states-title" }, `Status of #${row.dataset.id}`);
  const dialog = el("dialog", { "aria-labelledby": "states-title" }, el("div", { class: "dialog-body" }, title, el("form", { method: "dialog" }, ...buttons)));
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue) act(row, "state", { status: dialog.returnValue }, `is ${STATES[dialog.returnValue].toLowerCase()}.`);
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

const acts = {
  j: (row) => choose(row ? after(row, 1) : rows()[0]),
  k: (row) => choose(row ? after(row, -1) : rows()[0]),
  x: (row) => row?.querySelector(".tick")?.click(),
  Enter: (row) => row && linkOf(row).click(),
  a: (row) => act(row, "assignee", { assignee: user }, "is assigned to you."),
  e: (row) => act(row, "resolution", {}, "is resolved."),
  s: states,
};

document.addEventListener("keydown", (event) => {
  const pressed = acts[event.key];
  if (!pressed || event.defaultPrevented || !keysOn() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]") || rows().length === 0) return;
  if (event.key === "Enter" && event.target !== document.body) return; // a focused link or button acts itself
  event.preventDefault();
  pressed(current());
});

// Shift and a click select everything between.
let last = null;
on("click", "[data-queue] .tick", (event, tick) => {
  const ticks = rows().map((row) => row.querySelector(".tick"));
  const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) ticks.slice(from, to + 1).forEach((one) => (one.checked = tick.checked));
  last = tick;
});

// An act that lacks its day or its number is not sent: the page that would say so has the ticks no more.
on("submit", "#bulk", (event) => {
  const missing = event.submitter?.closest(".edit-fields")?.querySelector(".input");
  if (!missing || missing.value) return;
  event.preventDefault();
  missing.required = true;
  missing.reportValidity();
  missing.required = false;
});

on("keydown", "#bulk .edit-fields .input", (event, input) => {
  if (event.key !== "Enter") return;
  event.preventDefault(); // or it would press the first button of all
  input.closest(".edit-fields").querySelector("button").click();
});

const folded = (group) => `folded:${location.pathname}:${group.dataset.group}`;

function fold(group, shut) {
  group.toggleAttribute("data-folded", shut);
  group.querySelector(".fold").setAttribute("aria-expanded", String(!shut));
}

each("[data-group]", (group) => fold(group, store.get(folded(group)) !== null));
on("click", "[data-group] .fold", (_event, button) => {
  const group = button.closest("[data-group]");
  const shut = !group.hasAttribute("data-folded");
  fold(group, shut);
  store.set(folded(group), shut ? "1" : null);
});
