// A toolbar that writes Markdown into the textarea it names, and a preview made by the server.
import { el, on, post } from "./dom.js";
import { expired } from "./notices.js";

const WRAP = { bold: ["**", "**", "bold"], italic: ["_", "_", "italic"], code: ["`", "`", "code"], link: ["[", "](https://)", "text"] };
const PREFIX = { list: "- ", quote: "> " };

on("click", "[data-markdown] [data-action]", (_event, button) => {
  const area = document.getElementById(button.closest("[data-markdown]").dataset.markdown);
  const { action } = button.dataset;
  if (action === "preview") return preview(button, area);
  area.focus();
  if (action in WRAP) wrap(area, ...WRAP[action]);
  else prefix(area, PREFIX[action]);
});

// execCommand is old, but the one way to write into a textarea that Undo knows of.
const write = (area, text) => document.execCommand("insertText", false, text) || area.setRangeText(text);

function wrap(area, before, after, sample) {
  const { selectionStart: start, selectionEnd: end } = area;
  const text = area.value.slice(start, end) || sample;
  write(area, before + text + after);
  area.setSelectionRange(start + before.length, start + before.length + text.length);
}

function prefix(area, mark) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const end = area.selectionEnd;
  area.setSelectionRange(start, end);
  write(area, area.value.slice(start, end).replace(/^/gm, mark));
}

async function preview(button, area) {
  const shown = area.parentElement.querySelector(".composer-preview");
  button.setAttribute("aria-pressed", String(!shown));
  area.hidden = !shown;
  if (shown) {
    shown.remove();
    return area.focus();
  }
  const place = el("div", { class: "composer-preview prose", tabindex: "0", role: "region", "aria-label": "Preview" }, "…");
  area.after(place);
  try {
    const answer = await post("/preview", { body: area.value });
    place.innerHTML = await answer.text(); // cleaned by the server, as everything it shows
  } catch (problem) {
    if (problem.expired) expired();
    place.textContent = "The preview is not available now.";
  }
}
