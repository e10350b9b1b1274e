// Colleagues see who has a ticket open, and who is writing: this page says so every 20 seconds while it is
// looked at, and when it is left. In lists, rows show who is at their ticket.
import { el, post, token } from "./dom.js";

const EVERY = 20_000;
const STILL = 10_000; // milliseconds after the last key in which somebody counts as writing

const place = document.querySelector("[data-presence]")?.dataset.presence;
let typed = -Infinity;
let told = "";

const doing = () => (performance.now() - typed < STILL ? "writing" : "viewing");

function say() {
  if (document.hidden) return;
  told = doing();
  post(place, { doing: told }).catch(() => {}); // said again in 20 seconds
}

function leave() {
  if (!place || !told) return;
  told = "";
  navigator.sendBeacon(place, new URLSearchParams({ doing: "gone", csrf_token: token() }));
}

if (place) {
  say();
  setInterval(say, EVERY);
  setInterval(() => told && told !== doing() && say(), 1_000);
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-composer] textarea")) return;
    typed = performance.now();
    if (told !== "writing") say();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : say()));
  addEventListener("pagehide", leave);
}

const rows = () => [...document.querySelectorAll("[data-queue] .ticket[data-id], .board-card[data-id], .split-row[data-id]")];

async function look() {
  const shown = rows();
  if (shown.length === 0 || document.hidden) return;
  let there = {};
  try {
    const tickets = shown.map((row) => row.dataset.id).slice(0, 200).join(",");
    const answer = await fetch(`/support/presence?${new URLSearchParams({ tickets })}`, { headers: { "Groupware-Poll": "1", Accept: "application/json" } });
    if (answer.ok && !answer.redirected) there = await answer.json();
  } catch {
    return;
  }
  for (const row of shown) draw(row, there[row.dataset.id] ?? []);
}

function draw(row, people) {
  const before = row.querySelector(".here");
  if (people.length === 0) return before?.remove();
  const marks = people.slice(0, 3).map(({ id, name, doing }) => {
    const words = name.split(/\s+/).filter(Boolean);
    const initials = ([...(words[0] ?? "")][0] ?? "") + (words.length > 1 ? [...words.at(-1)][0] : "");
    const label = `${name} is ${doing}`;
    return el("span", { class: `avatar hue-${(id % 12) + 1} is-${doing}`, role: "img", title: label, "aria-label": label }, initials.toUpperCase());
  });
  const made = el("span", { class: "avatars here" }, ...marks);
  if (before) before.replaceWith(made);
  else (row.querySelector(".c-subject") ?? row).append(made);
}

if (rows().length > 0) {
  look();
  document.addEventListener("live:changed", (event) => event.detail.names.has("presence") && look());
  document.addEventListener("htmx:after:swap", look);
}
