// Numbers of saved views beyond the first ones are asked for afterwards, so that no page waits for them.
import { each, el } from "./dom.js";

const COUNTED = 8; // by the page itself
const PAUSE = 20_000; // milliseconds in which they are not asked for again
let numbers = {};
let asked = 0;

const links = () => [...document.querySelectorAll('.side-nav a[href*="?view="]')];

function show() {
  for (const link of links().slice(COUNTED)) {
    const number = numbers[new URL(link.href).searchParams.get("view")];
    link.querySelector(".count")?.remove();
    if (number) link.append(el("span", { class: "count" }, number));
  }
}

each(".side-nav", async () => {
  if (links().length <= COUNTED) return;
  show();
  if (Date.now() - asked < PAUSE) return;
  asked = Date.now();
  try {
    const answer = await fetch("/support/views/counts", { headers: { Accept: "application/json" } });
    if (answer.ok && !answer.redirected) numbers = await answer.json();
  } catch {
    return; // they are a nicety
  }
  show();
});
