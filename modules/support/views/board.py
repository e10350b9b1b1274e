"""The board: the queue's tickets as cards, in columns by status or by assignee."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from groupware.text import number_in
from groupware.web.accounts import inside
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    session,
)
from modules.support import bar, showing
from modules.support.filters import address, address_of
from modules.support.rows import Row, rows
from modules.support.sidebar import look
from modules.support.views.looking import kept, looked_at, not_understood
from modules.support.views.ticket import held
from modules.tasks import tickets
from modules.tasks.access import agent_levels
from modules.tasks.models import State
from modules.tasks.people import who_may_work
from modules.tasks.queue import Filters, cut
from modules.tasks.queue.asking import asked_by_reader, understood
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.filters import Scope, Term, Whose
from modules.tasks.queue.names import Names
from modules.tasks.queue.periods import Period
from modules.tasks.saved_views import SavedView

blueprint = Blueprint("support_board", __name__)

CARDS = 25
MOST_PEOPLE = 8
LATELY = Term("updated", (Period("<30d"),))
"""What is closed stands there so long; the board is no archive."""


@dataclass(frozen=True)
class Column:
    """Where cards lie: `value` is what a ticket becomes that is put there."""

    value: str
    title: str
    filters: Filters
    rows: Sequence[Row] = ()
    more: str = ""
    state: str = ""

    @property
    def count(self) -> str:
        return f"{len(self.rows)}+" if self.more else str(len(self.rows))


@blueprint.get("/support/board")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def board() -> ResponseReturnValue:
    by = "assignee" if request.args.get("by") == "assignee" else "status"
    known = choices(session(), actor())
    filters, view = looked_at()
    try:
        filters = understood(session(), known, filters)
    except Invalid as refusal:
        return not_understood(filters, known, refusal, "board")
    plain = replace(filters, group=None)
    columns = _by_status(plain) if by == "status" else _by_assignee(plain, known)
    filled = _filled(columns, known)
    look(session(), actor(), known.lists, now())
    levels = agent_levels(session(), actor())
    names = Names(session(), known)
    every = [row for column in filled for row in column.rows]
    return page(
        "support/board.html",
        title=view.name if view else "Board",
        view=view,
        mode="board",
        by=by,
        columns=filled,
        lists=known.lists,
        may_move={each for each, level in levels.items() if level >= Level.WRITE},
        here=_address(filters, by, view),
        modes=showing.modes(filters, "board", view),
        ways=[
            {"label": "By status", "href": _address(filters, "status", view), "current": by == "status"},
            {"label": "By assignee", "href": _address(filters, "assignee", view),
             "current": by == "assignee"},
        ],
        typed=names.text_of(filters),
        kept=kept(filters),
        chips=showing.chips(bar.chips(filters, known, every, names.custom), "/support/board")
        if filters
        else [],
    )  # fmt: skip


@blueprint.post("/support/board/<int:ticket_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def move(ticket_id: int) -> ResponseReturnValue:
    """Put a card into another column: the ticket gets that status, or that assignee."""
    ticket = held(ticket_id)
    if "status" in request.form:
        if request.form["status"] not in list(State):
            raise Invalid(status="There is no such status.")
        tickets.set_state(session(), actor(), ticket, State(request.form["status"]), now=now())
    else:
        number = number_in(request.form.get("assignee", ""))
        if number is None and request.form.get("assignee") != Whose.NOBODY:
            raise NotFound
        person = None
        if number is not None:
            people = who_may_work(ticket.task_list)
            person = session().scalars(people.where(User.id == number)).first()
            if person is None:
                raise Invalid(assignee="They do not work on this list.")
        tickets.assign(session(), actor(), ticket, to=person, now=now())
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    back = inside(request.form.get("back"))
    return redirect(back if back.startswith("/support/board") else "/support/board", 303)


def _by_status(filters: Filters) -> list[Column]:
    said = any(True for _ in filters.named("state")) or bool(filters.q)
    columns = []
    for state in filters.states if said else State:
        narrowed = filters.but("state", Scope(state.value))
        if state == State.CLOSED and not said:
            narrowed = Filters(narrowed.q, (*narrowed.terms, LATELY), narrowed.sort, narrowed.order)
        columns.append(Column(state.value, "", narrowed, state=state.value))
    return columns


def _by_assignee(filters: Filters, known: Choices) -> list[Column]:
    """Nobody, me, and colleagues; or those alone whom the filters name."""
    me = actor()
    values: list[Whose | int] = [Whose.NOBODY, me.id]
    values += [number for number in known.people if number != me.id]
    for term in filters.named("assignee"):
        if not term.without:
            values = [me.id if each == Whose.MINE else each for each in term.values]
    names = {str(number): name for number, name in known.people.items()}
    names |= {Whose.NOBODY.value: "Nobody", str(me.id): me.name}
    return [
        Column(str(value), names.get(str(value), "Somebody"), filters.but("assignee", value))
        for value in values[: MOST_PEOPLE + 2]
    ]


def _filled(columns: Sequence[Column], known: Choices) -> list[Column]:
    cuts = [
        cut(session(), asked_by_reader(actor(), known, column.filters, now()), most=CARDS)
        for column in columns
    ]
    lists = {each.id: each for each in known.lists}
    numbers = [number for each in cuts for number in each.numbers]
    cards = {row.id: row for row in rows(session(), actor(), numbers, lists, now())}
    return [
        Column(
            column.value,
            column.title,
            column.filters,
            [cards[number] for number in each.numbers if number in cards],
            address(column.filters, after=str(each.older)) if each.older else "",
            column.state,
        )
        for column, each in zip(columns, cuts, strict=True)
    ]


def _address(filters: Filters, by: str, view: SavedView | None) -> str:
    more = {"by": by} if by != "status" else {}
    return address_of(filters, view, "/support/board", **more)
