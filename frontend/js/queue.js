// The agents' list: a current row that the keys act on, selection, groups that fold.
import { each, on, store } from "./dom.js";
import { keysOn, typing } from "./keys.js";

const rows = () => [...document.querySelectorAll("[data-queue] .ticket")].filter((row) => row.checkVisibility());
const current = () => document.querySelector("[data-queue] .ticket[aria-current]");

function choose(row) {
  if (!row) return;
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
}

const acts = {
  j: (row) => choose(rows()[rows().indexOf(row) + 1] ?? row),
  k: (row) => choose(rows()[Math.max(rows().indexOf(row) - 1, 0)]),
  x: (row) => row?.querySelector(".tick").click(),
  Enter: (row) => row?.querySelector(".c-subject a").click(),
};

document.addEventListener("keydown", (event) => {
  const act = acts[event.key];
  if (!act || !keysOn() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]") || !document.querySelector("[data-queue]")) return;
  if (event.key === "Enter" && event.target !== document.body) return; // a focused link or button acts itself
  event.preventDefault();
  act(current());
});

// Shift and a click select everything between.
let last = null;
on("click", "[data-queue] .tick", (event, tick) => {
  const ticks = rows().map((row) => row.querySelector(".tick"));
  const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) ticks.slice(from, to + 1).forEach((one) => (one.checked = tick.checked));
  last = tick;
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
