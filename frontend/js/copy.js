// <button data-copy="text">: into the clipboard, and say so.
import { on } from "./dom.js";
import { notify } from "./notices.js";

on("click", "[data-copy]", async (_event, button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    notify("Copied.");
  } catch {
    // Not allowed here (plain http): select it, so that Ctrl+C does.
    button.parentElement.querySelector("input")?.select();
    notify("Press Ctrl+C to copy.");
  }
});
