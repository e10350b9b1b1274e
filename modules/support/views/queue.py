"""The queue: the tickets that an agent works on."""

from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid
from groupware.idempotency import new_key
from groupware.live.page import follow
from groupware.text import number_in
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
from modules.support.filters import VIEWS, address_of, place
from modules.support.grouping import Group, groups
from modules.support.rows import Row, rows, with_columns
from modules.support.showing import columns_for
from modules.support.sidebar import look
from modules.support.views.bulk import just_done
from modules.support.views.looking import kept, looked_at, not_understood
from modules.tasks.counts import Counted, Listed
from modules.tasks.queue import Asked, Cut, Filters, cut
from modules.tasks.queue.asking import asked_by_reader, understood
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.completing import complete
from modules.tasks.queue.names import Names
from modules.tasks.saved_views import SavedView

blueprint = Blueprint("support", __name__)


@blueprint.get("/support")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def queue() -> ResponseReturnValue:
    filters, view = looked_at()
    places = {name: place(name) for name in _ends()}
    known = choices(session(), actor())
    try:
        filters = understood(session(), known, filters)
    except Invalid as refusal:
        return not_understood(filters, known, refusal, "list")
    asked = asked_by_reader(actor(), known, filters, now())
    shown = cut(session(), asked, after=places.get("after"), before=places.get("before"))
    lines = rows(session(), actor(), shown.numbers, {each.id: each for each in known.lists}, now())
    columns = _columns(view, known)
    names = Names(session(), known)
    lines = with_columns(session(), actor(), lines, [name for name, _ in columns])
    waiting = look(session(), actor(), known.lists, now())
    total = waiting.of(filters.view)
    for each in known.lists:
        follow("presence", each.id)
    return page(
        "support/queue.html",
        title=view.name if view else _title(filters, known.lists),
        view=view,
        columns=columns,
        typed=names.text_of(filters),
        total=str(total),
        groups=_groups(asked, shown, lines, total),
        newer=shown.newer and address_of(filters, view, before=str(shown.newer)),
        older=shown.older and address_of(filters, view, after=str(shown.older)),
        lists=known.lists,
        chips=bar.chips(filters, known, lines, names.custom),
        menus=bar.menus(filters, known, names.custom),
        states=bar.states(filters),
        sorts=() if filters.q else bar.sorts(filters, view),
        groupings=() if filters.q else bar.groupings(filters, view),
        heads={} if filters.q else bar.heads(filters, view),
        kept=kept(filters),
        cleared=bar.cleared(filters),
        narrowed=bool(filters),
        modes=showing.modes(filters, "list", view),
        files=[
            (label, address_of(filters, view, f"/support/export.{kind}"))
            for kind, label in (
                ("csv", "Table (CSV)"),
                ("xlsx", "Workbook (XLSX)"),
                ("ics", "Calendar"),
            )
        ],
        known=known,
        bulk={
            "view": request.full_path.rstrip("?"),
            "whole": urlencode(list(filters.pairs())),
            "key": new_key(),
            "total": f"all {total}".strip() if shown.newer or shown.older else "",
        },
        done=just_done(),
    )


@blueprint.get("/support/terms")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def terms() -> ResponseReturnValue:
    """What could follow in the search field: label, hint, and the text that it makes."""
    typed, at = request.args.get("q", ""), number_in(request.args.get("at", ""))
    known = choices(session(), actor())
    found = complete(session(), known, typed.replace("\0", " "), at)
    return jsonify([asdict(each) for each in found])


def _columns(view: SavedView | None, known: Choices) -> list[tuple[str, str]]:
    """Names and headings of the columns that a view has chosen."""
    if view is None or not view.columns:
        return []
    return [each for each in columns_for(session(), known) if each[0] in view.columns]


def _ends() -> list[str]:
    """A page begins after a place, or ends before one."""
    return [name for name in ("after", "before") if request.args.get(name)][:1]


def _title(filters: Filters, lists: Sequence[Listed]) -> str:
    if filters.q:
        return "Search"
    if filters.view in VIEWS:
        return VIEWS[filters.view][0]
    name = next((each.name for each in lists if each.id == filters.only("list")), None)
    return name or "Tickets"


def _groups(asked: Asked, shown: Cut, lines: Sequence[Row], total: Counted) -> list[Group]:
    if not asked.filters.q:
        begun, goes_on = shown.newer is not None, shown.older is not None
        return groups(session(), asked, lines, total, begun=begun, goes_on=goes_on)
    whole = not (shown.newer or shown.older)
    return [Group("found", "Newest first", str(len(lines)) if whole else "", lines)]
