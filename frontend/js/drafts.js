// Text on its way is kept in this browser, and a little later on the server for the other devices:
// <textarea data-draft="ticket-7" data-save="/support/tickets/7/draft" data-saved-at="...">.
//
//   typing -> kept here (300 ms) -> kept there (3 s, on blur, on leaving) -> sent (marked) -> the next page loads
//                                               |- answered well: forgotten
//                                               '- an error, Back, or the answer was not waited for: kept, and
//                                                  shown again; one that was taken nevertheless goes when the server says so
// Of what lies here and what lies there, the later one is shown.
import { each, on, store, tab, token, user } from "./dom.js";

const QUIET = 300;
const LATER = 3_000;
const timers = new WeakMap();
const saves = new WeakMap(); // area -> { timer, under, value, kind }: the save to come, the one under way, the last one
const key = (area) => `draft:${user}:${area.dataset.draft}`;
const SENT = "draft-sent"; // of this tab, and whoever signs in meanwhile: an answer comes where the form was

on("input", "[data-draft]", (_event, area) => {
  clearTimeout(timers.get(area));
  timers.set(area, setTimeout(() => keep(area), QUIET));
  later(area);
});
on("focusout", "[data-draft]", (_event, area) => saves.has(area) && save(area));
on("change", "[name=kind]", (_event, radio) => {
  const area = radio.form?.querySelector("[data-save]");
  if (area?.value.trim()) later(area);
});
addEventListener("pagehide", () => document.querySelectorAll("[data-draft]").forEach(leave));
document.addEventListener("visibilitychange", () => document.hidden && document.querySelectorAll("[data-save]").forEach((area) => saves.has(area) && save(area)));

function leave(area) {
  if (!timers.has(area) || area.form?.dataset.left) return;
  keep(area);
  if (area.dataset.save && saves.get(area)?.timer) navigator.sendBeacon(area.dataset.save, fields(area));
}

function keep(area) {
  const text = area.value.trim() === "" ? null : area.value;
  const same = store.get(key(area)) === text; // looked at once more, not written: it gets no later by that
  const kept = same || store.set(key(area), text);
  if (!same) store.set(`${key(area)}:at`, text && new Date().toISOString());
  say(area, text === null ? "" : kept ? "Draft saved" : "");
}

// --- On the server

const kindOf = (area) => area.form?.querySelector('[name="kind"]:checked')?.value ?? "reply";

const fields = (area) => draftOf(area.value, kindOf(area), area.form.querySelector('[name="idempotency_key"]')?.value ?? "");
const draftOf = (body, kind, idempotency_key) => new URLSearchParams({ body, kind, idempotency_key, csrf_token: token() });
const put = (area, body, signal) => fetch(area.dataset.save, { method: "POST", body, signal, headers: { Accept: "application/json", "Groupware-Poll": "1" } });

function later(area) {
  if (!area.dataset.save) return;
  const state = saves.get(area) ?? {};
  clearTimeout(state.timer);
  saves.set(area, { ...state, timer: setTimeout(() => save(area), LATER) });
}

async function save(area) {
  const state = saves.get(area) ?? {};
  clearTimeout(state.timer);
  const [value, kind] = [area.value, kindOf(area)];
  if (!area.dataset.save || area.form.dataset.left || (state.value === value && state.kind === kind)) return;
  if (state.under) return later(area); // one after the other, so that the last one is what is kept
  const under = new AbortController();
  saves.set(area, { value, kind, under });
  try {
    const answer = await put(area, fields(area), under.signal);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    saves.set(area, { ...saves.get(area), under: null });
  } catch {
    const now = saves.get(area);
    saves.set(area, { timer: now?.timer, under: null }); // kept in this browser; tried again when more is typed, or left
    if (!area.form.dataset.left) later(area);
  }
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
  sameAgain(event.target, areas);
  event.target.dataset.left = "true";
  areas.forEach((area) => {
    clearTimeout(saves.get(area)?.timer);
    saves.get(area)?.under?.abort();
  });
  tab.set(SENT, JSON.stringify(areas.map(key)));
});

addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-left]").forEach((form) => delete form.dataset.left);
});

// --- Shown again

function forget(name) {
  for (const part of ["", ":at", ":sent"]) store.set(name + part, null);
}

const sentBefore = (area) => JSON.parse(store.get(`${key(area)}:sent`) ?? "null");

// Was it taken, and only the answer lost? The same text goes out again under its first key, and is said once.
function sameAgain(form, areas) {
  const field = form.querySelector('[name="idempotency_key"]');
  const [text, kind] = [areas.map((area) => area.value).join("\0"), kindOf(areas[0])];
  if (!field || text.trim() === "") return;
  const before = sentBefore(areas[0]);
  if (before && before.text === text && before.kind === kind) field.value = before.key;
  store.set(`${key(areas[0])}:sent`, JSON.stringify({ text, kind, key: field.value }));
}

function settle() {
  const sent = JSON.parse(tab.get(SENT) ?? "[]");
  if (sent.length === 0) return;
  const arrival = performance.getEntriesByType("navigation")[0];
  // What is taken is answered by leading on; a page that somebody went to by themselves is no answer,
  // nor is one for nobody, such as the one to sign in on: their session has ended.
  const well = user !== "" && arrival?.type === "navigate" && (arrival.responseStatus ?? 200) < 400 && arrival.redirectCount > 0;
  const refused = document.querySelector('[aria-invalid="true"], [data-error-summary]');
  if (well && !refused) sent.forEach(forget);
  tab.set(SENT, null);
}

settle();
each("[data-draft]", (area) => {
  if (timers.has(area)) return;
  const draft = store.get(key(area));
  const [here, there] = [store.get(`${key(area)}:at`) ?? "", area.dataset.savedAt ?? ""];
  const later = draft && (area.value === "" || (there && Date.parse(here) > Date.parse(there) && draft !== area.value));
  if (later) area.value = draft;
  else if (!there) return;
  timers.set(area, 0);
  say(area, "Draft restored");
  area.dispatchEvent(new Event("draft-restored", { bubbles: true }));
  if (later) doubt(area);
});

// The writer did not wait for the answer, or it was lost: was this text said? Then it is no draft any more.
async function doubt(area) {
  const sent = sentBefore(area);
  if (!area.dataset.save || sent?.text !== area.value) return;
  const answer = await put(area, draftOf(sent.text, sent.kind, sent.key)).catch(() => null);
  const said = answer?.ok && !answer.redirected && (await answer.json()).sent;
  if (!said || area.value !== sent.text || area.form.dataset.left) return;
  clearTimeout(timers.get(area));
  forget(key(area));
  area.value = "";
  say(area, "");
}

document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.response.status >= 400) return;
  event.target.closest?.("form")?.querySelectorAll("[data-draft]").forEach((area) => {
    clearTimeout(timers.get(area));
    forget(key(area));
    say(area, "");
  });
});
