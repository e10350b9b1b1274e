"""Other ways to look at tickets: beside one, by the days on which they are due, and lately seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, page, session
from groupware.web.words import reader_zone, t_day
from modules.support import bar, showing, split
from modules.support.filters import address
from modules.support.grouping import Group
from modules.support.rows import Row, rows
from modules.support.sidebar import look
from modules.support.views.looking import kept, looked_at, not_understood
from modules.tasks.queue import Filters, cut
from modules.tasks.queue.asking import asked_by_reader, understood
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.filters import Has, Scope, Sort, Term
from modules.tasks.queue.names import Names
from modules.tasks.saved_views import SavedView
from modules.tasks.seen import last_seen

blueprint = Blueprint("support_ways", __name__)

MOST = 100
DUE = Term("has", (Has.DUE,))


@blueprint.get("/support/split")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def beside() -> ResponseReturnValue:
    """The queue as a narrow list, with room for a ticket beside it."""
    known = choices(session(), actor())
    filters, view = looked_at()
    try:
        filters = understood(session(), known, filters)
    except Invalid as refusal:
        return not_understood(filters, known, refusal, "split")
    found = split.listed(session(), actor(), known, filters, now())
    around = _around(known, filters, found.rows, "split", view)
    return page("support/split.html", beside=found, **around)


@blueprint.get("/support/agenda")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def agenda() -> ResponseReturnValue:
    """What is due: late, today, on each day of the coming week, later."""
    known = choices(session(), actor())
    filters, view = looked_at()
    try:
        filters = understood(session(), known, filters)
    except Invalid as refusal:
        return not_understood(filters, known, refusal, "agenda")
    lines, whole = _due(known, filters)
    by_due = address(Filters(filters.q, (*filters.terms, DUE), Sort.DUE))
    return page(
        "support/queue.html",
        groups=_days(lines),
        older=None if whole else by_due,
        narrowed=bool(filters),
        nothing=("Nothing is due", "No ticket that is open has a due date."),
        cleared="/support/agenda",
        **_around(known, filters, lines, "agenda", view),
    )


@blueprint.get("/support/recent")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def recent() -> ResponseReturnValue:
    """The tickets that one looked at last."""
    known = choices(session(), actor())
    numbers = last_seen(session(), actor(), most=MOST // 2)
    lines = rows(session(), actor(), numbers, {each.id: each for each in known.lists}, now())
    around = _around(known, Filters(), lines, "") | {"title": "Recently viewed", "chips": []}
    groups = [Group("found", "Last viewed first", str(len(lines)), lines)]
    return page("support/queue.html", groups=groups, **around)


def _around(
    known: Choices,
    filters: Filters,
    lines: Sequence[Row],
    mode: str,
    view: SavedView | None = None,
) -> dict[str, Any]:
    """What pages of tickets have around them."""
    look(session(), actor(), known.lists, now())
    path = showing.MODES[mode][2] if mode else ""
    names = Names(session(), known)
    return {
        "title": view.name if view else showing.MODES[mode][0] if mode else "",
        "view": view,
        "mode": mode,
        "typed": names.text_of(filters),
        "action": path,
        "kept": kept(filters),
        "modes": showing.modes(filters, mode, view),
        "lists": known.lists,
        "chips": showing.chips(bar.chips(filters, known, lines, names.custom), path),
        "menus": (),
        "states": (),
    }


def _due(known: Choices, filters: Filters) -> tuple[list[Row], bool]:
    """What is due first, whatever its state; and True where that is all."""
    found: list[Row] = []
    end: datetime | None = None
    lists = {each.id: each for each in known.lists}
    for state in filters.states:
        one = filters.but("state", Scope(state.value))
        wanted = Filters(one.q, (*one.terms, DUE), Sort.DUE)
        shown = cut(session(), asked_by_reader(actor(), known, wanted, now()), most=MOST)
        lines = rows(session(), actor(), shown.numbers, lists, now())
        found += [row for row in lines if row.due]
        if shown.older and lines and lines[-1].due:
            end = min(end or lines[-1].due.at, lines[-1].due.at)
    found.sort(key=lambda row: (row.due.at if row.due else now(), row.id))
    return [row for row in found if not end or (row.due and row.due.at <= end)], end is None


def _days(lines: Sequence[Row]) -> list[Group]:
    groups = []
    for (key, title), some in groupby(lines, key=_day):
        here = list(some)
        groups.append(Group(key, title, str(len(here)), here))
    return groups


def _day(row: Row) -> tuple[str, str]:
    """Under which heading it stands: a key for the page, and the words."""
    assert row.due is not None  # noqa: S101
    at, zone = row.due.at, reader_zone()
    if at < now():
        return "overdue", "Overdue"
    days = (at.astimezone(zone).date() - now().astimezone(zone).date()) // timedelta(days=1)
    if days > 6:
        return "later", "Later"
    words = {0: "Today", 1: "Tomorrow"}
    return f"day-{days}", words.get(days) or t_day(at)
