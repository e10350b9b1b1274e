// Cards move by dragging where the board says how: <div class="board" data-move="/support/board/{id}" data-field="status">.
// The same move is in every card's menu, for keys and fingers.
import { each, on, post } from "./dom.js";
import { keysOn } from "./keys.js";
import { expired, notify } from "./notices.js";

let lifted = null;

each(".board[data-move] .board-card[data-movable]", (card) => (card.draggable = true));

on("dragstart", ".board[data-move] .board-card[data-movable]", (event, card) => {
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

on("drop", ".board[data-move] .column", (event, column) => {
  if (!lifted) return;
  event.preventDefault();
  move(lifted, column);
});

async function move(card, column) {
  const [from, next] = [card.parentElement, card.nextElementSibling];
  const list = column.querySelector("ol");
  if (from === list) return;
  const board = column.closest(".board");
  const hole = list.querySelector(".hole");
  hole?.remove();
  list.prepend(card);
  count(from, -1);
  count(list, 1);
  try {
    const answer = await post(board.dataset.move.replace("{id}", card.dataset.id), { [board.dataset.field]: column.dataset.state });
    if (!answer.ok) throw new Error(String(answer.status));
    notify(`Ticket ${card.dataset.id} is in ${column.getAttribute("aria-label")}.`);
  } catch (problem) {
    from.insertBefore(card, next?.isConnected ? next : null);
    if (hole) list.append(hole);
    count(from, 1);
    count(list, -1);
    if (problem.expired) expired();
    else notify("The ticket could not be moved.", { kind: "error" });
  }
}

// The arrows walk over the cards; with Shift they carry one into the next column.
on("keydown", ".board .board-card h3 a", (event, link) => {
  if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = link.closest(".board-card");
  const cards = [...card.parentElement.querySelectorAll(".board-card")];
  const columns = [...document.querySelectorAll(".board .column")];
  const here = columns.indexOf(card.closest(".column"));
  const forward = getComputedStyle(card).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const steps = { ArrowUp: -1, ArrowDown: 1 };
  if (event.key in steps) focusOn(cards[cards.indexOf(card) + steps[event.key]]);
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const column = columns[here + (event.key === forward ? 1 : -1)];
    if (!column) return;
    if (!event.shiftKey) focusOn(column.querySelector(".board-card"));
    else if ("movable" in card.dataset) {
      move(card, column);
      focusOn(card);
    }
  } else return;
  event.preventDefault();
});

function focusOn(card) {
  card?.querySelector("h3 a").focus();
}

function count(list, difference) {
  const said = list.closest(".column").querySelector("h2 .count");
  if (/^[0-9]+$/.test(said.textContent)) said.textContent = Number(said.textContent) + difference;
}
