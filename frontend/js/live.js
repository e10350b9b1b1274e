// Parts of the page that change while it is open. The server says only which topics have changed; each part
// that names one of them (data-live="ticket") is fetched again by the page's own address, or by its
// data-live-from, and laid over what is there. Focus, selection, scroll, open menus and what is being typed stay.
//
//   stream -> no room (503), or no streams on the way -> asks every 20 s -> 401: signed out, and silent
//   a hidden page lets its stream go, and catches up when it is looked at
import htmx from "htmx.org";
import { each } from "./dom.js";
import { expired } from "./notices.js";

const POLL = 20_000;
const AT_ONCE = 120; // milliseconds in which what changes together is fetched together
const LEAST = { list: 2_000 }; // between two fetches of a part, by its topic: a busy desk is no reason to hurry

const place = document.getElementById("live");
let topics = place?.dataset.topics ?? "";
let stream = null;
let polling = null;

let morph = null;
htmx.registerExtension("live", { init: (api) => (morph = api.morph) });

function start() {
  if (!place || stream || polling || document.hidden) return;
  stream = new EventSource(`/live?${new URLSearchParams({ topics })}`);
  stream.addEventListener("changed", (event) => {
    topics = event.lastEventId;
    changed(event.data.split(" "));
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // it comes back by itself
    stop();
    poll();
  });
}

function stop() {
  stream?.close();
  stream = null;
  clearTimeout(polling);
  polling = null;
}

async function poll() {
  polling = setTimeout(poll, POLL);
  if (document.hidden) return stop();
  try {
    const answer = await fetch(`/live?${new URLSearchParams({ topics })}`, { headers: { Accept: "application/json", "Groupware-Poll": "1" } });
    if (answer.status === 401) {
      stop();
      expired();
    } else if (answer.status === 200) {
      const news = await answer.json();
      topics = news.topics;
      if (news.changed.length > 0) changed(news.changed);
    }
  } catch {
    // No connection: asked again in 20 seconds.
  }
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => event.persisted && start());

// --- Which parts, and from where

const fetched = new Map(); // address -> when it was fetched last
const waiting = new Map(); // address -> timer

function changed(news) {
  const names = new Set(news.map((topic) => topic.split(":")[0]));
  document.dispatchEvent(new CustomEvent("live:changed", { detail: { names, topics: news } }));
  for (const part of document.querySelectorAll("[data-live]")) {
    const touched = part.dataset.live.split(" ").filter((name) => names.has(name));
    if (touched.length > 0) soon(part.dataset.liveFrom ?? location.pathname + location.search, Math.max(...touched.map((name) => LEAST[name] ?? 0)));
  }
}

function soon(address, least) {
  if (waiting.has(address)) return;
  const due = Math.max(AT_ONCE, (fetched.get(address) ?? -Infinity) + least - performance.now());
  waiting.set(
    address,
    setTimeout(() => {
      waiting.delete(address);
      refresh(address);
    }, due),
  );
}

/** Fetch the parts of this address again, now. */
export async function refresh(address = location.pathname + location.search) {
  fetched.set(address, performance.now());
  const seen = document.querySelector("[data-seen]")?.dataset.seen;
  let answer;
  try {
    answer = await fetch(address, { headers: { "Groupware-Poll": "1", ...(seen ? { "Groupware-Seen": seen } : {}) } });
  } catch {
    return;
  }
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live][id]")) {
    if ((part.dataset.liveFrom ?? location.pathname + location.search) !== address) continue;
    const newer = fresh.getElementById(part.id);
    if (newer) lay(part, newer);
  }
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
}

// --- Laying the new over the old

const HELD = "hx-morph-skip";

function lay(part, newer) {
  const before = keysOf(part);
  carry(part, newer);
  const held = [...part.querySelectorAll("details[open], form:has(:focus), [data-busy][data-sending], .board:has(.lifted)")].filter((one) => !one.matches("[data-live]"));
  held.forEach((one) => one.setAttribute(HELD, ""));
  const { scrollTop, scrollLeft } = part;
  const focused = document.activeElement;
  morph(part, fragment(newer), false);
  held.forEach((one) => one.removeAttribute(HELD));
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  if (part.isConnected && part.scrollTop !== scrollTop) part.scrollTo(scrollLeft, scrollTop);
  announce(part, before);
}

function fragment(node) {
  const made = document.createDocumentFragment();
  made.append(document.adoptNode(node));
  return made;
}

// What the reader has done to the old part is done to the new one before it comes.
function carry(part, newer) {
  for (const old of part.querySelectorAll('[aria-current="true"][id], .side-nav [aria-current], #side-nav [aria-current]')) {
    const twin = old.id ? byId(newer, old.id) : [...newer.querySelectorAll("a")].find((link) => link.getAttribute("href") === old.getAttribute("href"));
    twin?.setAttribute("aria-current", old.getAttribute("aria-current"));
  }
  for (const old of part.querySelectorAll("[data-group][data-folded]")) {
    const twin = newer.querySelector(`[data-group="${CSS.escape(old.dataset.group)}"]`);
    twin?.setAttribute("data-folded", "");
    twin?.querySelector(".fold")?.setAttribute("aria-expanded", "false");
  }
  for (const open of part.querySelectorAll("details[open][id]")) byId(newer, open.id)?.setAttribute("open", "");
  // A row that is ticked or has the focus stays where it is, though it is no longer of this list.
  for (const row of part.querySelectorAll(".ticket[id]")) {
    if (byId(newer, row.id) || !(row.querySelector(".tick:checked") || row.matches(":has(:focus), [aria-current]"))) continue;
    const above = row.previousElementSibling;
    const twin = above?.id ? byId(newer, above.id) : newer.querySelector(`[data-group="${CSS.escape(row.parentElement.dataset?.group ?? "")}"] > .group`);
    const kept = document.importNode(row, true);
    kept.classList.add("gone");
    (twin ?? newer.querySelector(".group"))?.after(kept);
  }
}

const byId = (root, id) => root.querySelector(`[id="${CSS.escape(id)}"]`);

// --- What is said to those who do not see it

const keysOf = (part) => new Set([...part.querySelectorAll(".ticket[id], .message[id], .told-line[id]")].map((one) => one.id));

function announce(part, before) {
  const now = document.getElementById(part.id);
  const fresh = [...(now?.querySelectorAll(".ticket[id], .message[id], .told-line[id]") ?? [])].filter((one) => !before.has(one.id));
  if (fresh.length === 0) return;
  fresh.forEach((one) => one.classList.add("fresh"));
  const message = fresh.find((one) => one.matches(".message"));
  const words = message
    ? `${message.querySelector("header b")?.textContent ?? ""} has written.`
    : fresh[0].matches(".ticket")
      ? `${fresh.length} more ${fresh.length === 1 ? "ticket" : "tickets"} in this list.`
      : "You have a new notification.";
  document.getElementById("live-said").textContent = words;
  if (message) below(message, words);
}

// A message that came out of sight is pointed to, and the thread stays where it is. Once it has been on
// screen, an answer may go past it: its writer has seen it.
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    document.querySelector(`.news[href="#${target.id}"]`)?.remove();
    const field = document.querySelector('[name="seen_comment"]');
    const number = Number(target.id.replace("comment-", ""));
    if (field && number > Number(field.value) && !target.matches(".note")) field.value = number;
  }
}, { threshold: 0.5, rootMargin: "0px 0px -80px 0px" });

function below(message, words) {
  seen.observe(message);
  const answer = document.querySelector(".answer:last-of-type");
  if (!answer || message.getBoundingClientRect().bottom < answer.getBoundingClientRect().top) return;
  answer.querySelector(".news")?.remove();
  const link = document.createElement("a");
  link.className = "news";
  link.href = `#${message.id}`;
  link.textContent = `↓ ${words}`;
  answer.prepend(link);
}

start();

// What can be done for some seconds only is fetched again when they are over.
each("[data-gone-in]", (part) => {
  if (part.dataset.waited) return;
  part.dataset.waited = "true";
  setTimeout(() => part.isConnected && refresh(), Number(part.dataset.goneIn) * 1000 + 300);
});
