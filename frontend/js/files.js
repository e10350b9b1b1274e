// Files dropped, pasted or chosen are sent at once; the form then carries only their tokens ("uploads").
// Without this module the form sends the files themselves.
import { el, icon, on, signedOut, size, token } from "./dom.js";
import { expired } from "./notices.js";

const waiting = new Map(); // form -> { left: number, submitter: the button pressed meanwhile }

on("change", "[data-files] input[type=file]", (_event, input) => {
  const chosen = [...input.files];
  input.value = ""; // or the form would send them a second time
  add(input.closest("[data-files]"), chosen);
});

on("paste", "form", (event, form) => {
  const area = form.querySelector("[data-files]");
  const pasted = [...(event.clipboardData?.files ?? [])];
  if (!area || pasted.length === 0) return;
  event.preventDefault();
  add(area, pasted);
});

for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
  // A ticket's page is one place to drop files: they go to the composer, wherever they are let go of.
  on(type, "form:has([data-files]), .work:has(.composer [data-files])", (event, place) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const form = place.matches("form") ? place : place.querySelector(".composer");
    const leaving = type === "drop" || (type === "dragleave" && !place.contains(event.relatedTarget));
    form.querySelector(".drop").classList.toggle("over", !leaving);
    if (type === "drop") add(form.querySelector("[data-files]"), [...event.dataTransfer.files]);
  });
}

on("click", "[data-remove-upload]", (_event, button) => {
  const area = button.closest("[data-files]");
  const line = button.closest("li");
  line.request?.abort();
  line.remove();
  area.querySelector("input[type=file]").focus();
});

function add(area, files) {
  const list = area.querySelector(".upload-list");
  for (const file of files) {
    const taken = list.querySelectorAll("li:not(.failed)").length;
    if (taken >= Number(area.dataset.limit)) fail(line(list, file), `At most ${area.dataset.limit} attachments.`);
    else if (file.size > Number(area.dataset.maxBytes)) fail(line(list, file), `${file.name} is larger than 10 MB.`);
    else send(area, line(list, file), file);
  }
}

function line(list, file) {
  const made = el(
    "li",
    {},
    icon(file.type.startsWith("image/") ? "image" : "file"),
    el("span", { class: "trunc" }, file.name || "screenshot.png"),
    el("small", {}, size(file.size)),
    el(
      "button",
      { class: "btn ghost square", type: "button", "data-remove-upload": true, "aria-label": `Remove ${file.name}` },
      icon("x"),
    ),
  );
  list.append(made);
  return made;
}

function fail(item, text) {
  item.classList.add("failed");
  item.querySelector("progress")?.remove();
  item.querySelector("small").textContent = text;
  item.setAttribute("role", "alert");
}

// XMLHttpRequest and not fetch: only this one tells how much has gone up.
function send(area, item, file) {
  const request = new XMLHttpRequest();
  const progress = el("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
  const body = new FormData();
  body.append("file", file, file.name || "screenshot.png");
  item.append(progress);
  item.request = request;
  const form = area.closest("form");
  const state = waiting.get(form) ?? { left: 0, submitter: null };
  waiting.set(form, state);
  state.left += 1;

  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (signedOut(request.status, request.responseURL)) {
      expired();
      return fail(item, "Not sent: you were signed out.");
    }
    const answer = request.response;
    if (request.status < 300 && answer?.token) {
      progress.remove();
      item.prepend(el("input", { type: "hidden", name: "uploads", value: answer.token }));
    } else {
      const errors = Object.values(answer?.errors ?? {}).flat().join(" ");
      fail(item, errors || `${file.name} could not be sent.`);
    }
  });
  request.addEventListener("error", () => fail(item, `${file.name} could not be sent.`));
  request.addEventListener("loadend", () => {
    state.left -= 1;
    if (state.left === 0 && state.submitter) goOn(form, state);
  });
  request.open("POST", "/uploads");
  request.responseType = "json";
  request.setRequestHeader("X-CSRFToken", token());
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}

// A form pressed while files are under way waits for them.
on("submit", "form", (event, form) => {
  const state = waiting.get(form);
  if (!state?.left) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  state.submitter = event.submitter ?? form.querySelector("button[type=submit]");
  state.submitter?.setAttribute("aria-disabled", "true");
}, true);

function goOn(form, state) {
  const { submitter } = state;
  state.submitter = null;
  submitter.removeAttribute("aria-disabled");
  if (!form.querySelector(".upload-list .failed")) form.requestSubmit(submitter);
}
