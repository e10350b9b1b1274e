// Cards move by dragging where the board says how: <div class="board" data-move="/support/tickets/{id}/status">.
// The same move is in every card's menu, for keys and fingers.
import { each, on, post } from "./dom.js";
import { expired, notify } from "./notices.js";

let lifted = null;

each(".board[data-move] .board-card", (card) => (card.draggable = true));

on("dragstart", ".board[data-move] .board-card", (event, card) => {
  lifted = card;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.querySelector("a").href);
  setTimeout(() => card.classList.add("lifted")); // afterwards: the picture under the pointer stays upright
});

on("dragend", ".board-card", (_event, card) => {
  card.classList.remove("lifted");
  document.querySelectorAll(".board .over").forEach((list) => list.classList.remove("over"));
  lifted = null;
});

on("dragover", ".board[data-move] .column", (event, column) => {
  if (!lifted) return;
  event.preventDefault();
  document.querySelectorAll(".board .over").forEach((list) => list.classList.remove("over"));
  column.querySelector("ol").classList.add("over");
});

on("drop", ".board[data-move] .column", async (event, column) => {
  if (!lifted) return;
  event.preventDefault();
  const card = lifted;
  const [from, next] = [card.parentElement, card.nextElementSibling];
  const list = column.querySelector("ol");
  if (from === list) return;
  list.querySelector(".hole")?.remove();
  list.prepend(card);
  recount();
  try {
    const answer = await post(column.closest(".board").dataset.move.replace("{id}", card.dataset.id), { status: column.dataset.state });
    if (!answer.ok) throw new Error(String(answer.status));
  } catch (problem) {
    from.insertBefore(card, next);
    recount();
    if (problem.expired) expired();
    else notify("The ticket could not be moved.", { kind: "error" });
  }
});

function recount() {
  for (const column of document.querySelectorAll(".board .column")) {
    column.querySelector("h2 .count").textContent = column.querySelectorAll(".board-card").length;
  }
}
