// Text on its way is kept in this browser: <textarea data-draft="ticket-7">.
//
//   typing -> kept (300 ms) -> sent (marked) -> the next page loads
//                                               |- answered well: forgotten
//                                               '- an error, or Back: kept, and shown again
import { each, on, store, user } from "./dom.js";

const QUIET = 300;
const timers = new WeakMap();
const key = (area) => `draft:${user}:${area.dataset.draft}`;
const SENT = `draft-sent:${user}`;

on("input", "[data-draft]", (_event, area) => {
  clearTimeout(timers.get(area));
  timers.set(area, setTimeout(() => keep(area), QUIET));
});
addEventListener("pagehide", () => document.querySelectorAll("[data-draft]").forEach(keepIfTyped));

function keepIfTyped(area) {
  if (timers.has(area) && !area.form?.dataset.left) keep(area);
}

function keep(area) {
  const kept = store.set(key(area), area.value.trim() === "" ? null : area.value);
  say(area, area.value.trim() === "" ? "" : kept ? "Draft saved" : "");
}

function say(area, text) {
  const place = area.form?.querySelector("[data-draft-state]");
  if (place) place.textContent = text;
}

addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const areas = [...event.target.querySelectorAll("[data-draft]")];
  if (areas.length === 0) return;
  areas.forEach(keep);
  event.target.dataset.left = "true";
  store.set(SENT, JSON.stringify(areas.map(key)));
});

function settle() {
  const sent = JSON.parse(store.get(SENT) ?? "[]");
  if (sent.length === 0) return;
  const arrival = performance.getEntriesByType("navigation")[0];
  const well = arrival?.type === "navigate" && (arrival.responseStatus ?? 200) < 400;
  const refused = document.querySelector('[aria-invalid="true"], [data-error-summary], [data-error-page]');
  if (well && !refused) sent.forEach((name) => store.set(name, null));
  store.set(SENT, null);
}

settle();
each("[data-draft]", (area) => {
  const draft = store.get(key(area));
  if (area.value !== "" || !draft || timers.has(area)) return;
  area.value = draft;
  timers.set(area, 0);
  say(area, "Draft restored");
  area.dispatchEvent(new Event("draft-restored", { bubbles: true }));
});

document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status >= 400) return;
  event.target.closest?.("form")?.querySelectorAll("[data-draft]").forEach((area) => {
    clearTimeout(timers.get(area));
    store.set(key(area), null);
    say(area, "");
  });
});
