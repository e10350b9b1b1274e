// Small tools that the other modules share.

export const user = document.documentElement.dataset.user ?? "";

/** Listen on the document for an event inside elements that match. */
export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) handler(event, found);
    },
    options,
  );
}

/** Run for what matches now and after every swap. Must bear being run twice. */
export function each(selector, act) {
  const run = (root) => root.querySelectorAll(selector).forEach(act);
  run(document);
  document.addEventListener("htmx:after:swap", () => run(document));
}

/** An element: name, attributes (or properties that start with a dot), children. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith(".")) made[key.slice(1)] = value;
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon out of the sprite, as the macro draws it. */
export function icon(name, size = 16) {
  const sprite = document.querySelector('meta[name="sprite"]').content;
  const drawing = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  drawing.append(use);
  drawing.classList.add("icon");
  drawing.setAttribute("width", size);
  drawing.setAttribute("height", size);
  drawing.setAttribute("aria-hidden", "true");
  return drawing;
}

/** Post a form's fields; the answer, or an error whose `expired` says that the session ended. */
export async function post(address, fields) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  const answer = await fetch(address, {
    method: "POST",
    body,
    keepalive: body instanceof URLSearchParams && body.toString().length < 60_000, // a reload must not lose it
    headers: { "X-CSRFToken": token(), Accept: "application/json, text/html;q=0.9" },
  });
  if (signedOut(answer.status, answer.url)) throw Object.assign(new Error("signed out"), { expired: true });
  return answer;
}

export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** Does this answer mean that the session has ended? Such a request is led to the sign-in page. */
export const signedOut = (status, address) =>
  status === 401 || (address !== "" && new URL(address, location.href).pathname === "/login" && location.pathname !== "/login");

// Storage that may be forbidden or full: then things are simply forgotten.
const storage = (place) => ({
  get(key) {
    try {
      return place().getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value == null) place().removeItem(key);
      else place().setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
});

/** What this browser keeps, and what this tab of it keeps. */
export const store = storage(() => localStorage);
export const tab = storage(() => sessionStorage);

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
