// The composer's two faces. Colours and words change by CSS; only the placeholder needs a hand.
import { each, on } from "./dom.js";

function face(form) {
  const area = form.querySelector("textarea[data-placeholder-reply]");
  const note = form.querySelector('[name="kind"][value="note"]')?.checked;
  if (area) area.placeholder = note ? area.dataset.placeholderNote : area.dataset.placeholderReply;
}

each("[data-composer]", face);
on("change", "[data-composer] [name=kind]", (_event, radio) => face(radio.form));
// By a click, or a key of the map, also of the face that is there already; arrow keys inside the group stay in it.
on("click", "[data-composer] [name=kind]", (_event, radio) => {
  if (!radio.matches(":focus-visible")) radio.form.querySelector("textarea").focus();
});
