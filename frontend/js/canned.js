// A canned reply goes where the cursor is; without this the page comes back with the text at its end.
import { on } from "./dom.js";

on("click", "[data-canned]", async (event, button) => {
  event.preventDefault();
  const { form } = button;
  const area = form.querySelector("textarea[name=body]");
  const answer = await fetch(`${button.dataset.canned}/${form.elements.canned.value}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { value } = await answer.json();
  button.closest("details").open = false;
  area.focus();
  area.setRangeText(value, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
});
