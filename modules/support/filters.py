"""The agents' queue has its filters in its address."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.exceptions import BadRequest

from groupware.errors import Invalid
from modules.tasks.queue.filters import DueBy, Filters, GroupBy, Scope, Whose, written
from modules.tasks.queue.segments import Place
from modules.tasks.saved_views import SavedView, filters_of

PATH = "/support"

MINE = Filters.of(assignee=Whose.MINE)
UNASSIGNED = Filters.of(assignee=Whose.NOBODY)
OVERDUE = Filters.of(due=DueBy.OVERDUE)
UNREAD = Filters.of(unread=True)
RESOLVED = Filters.of(state=Scope.RESOLVED)

VIEWS: dict[Filters, tuple[str, str]] = {
    Filters(): ("All open", "inbox"),
    MINE: ("Assigned to me", "user"),
    UNASSIGNED: ("Unassigned", "user-x"),
    OVERDUE: ("Overdue", "clock-alert"),
    UNREAD: ("Unread", "circle-dot"),
    RESOLVED: ("Recently resolved", "circle-check"),
}
"""The views that every agent has: name and icon."""


def asked_for() -> Filters:
    """The filters of this request's address; raises BadRequest."""
    try:
        return Filters.read(request.args)
    except Invalid as refusal:
        raise BadRequest from refusal


def place(name: str) -> Place | None:
    """The place that this request's address names so; raises BadRequest."""
    try:
        return Place.read(request.args[name]) if request.args.get(name) else None
    except Invalid as refusal:
        raise BadRequest from refusal


def address(filters: Filters, path: str = PATH, **more: str) -> str:
    """The path of the queue with these filters."""
    query = urlencode([*filters.pairs(), *more.items()])
    return f"{path}?{query}" if query else path


def address_of(filters: Filters, view: SavedView | None, path: str = PATH, **more: str) -> str:
    """The same, through a saved view where there is one: said is what differs from it."""
    if view is None:
        return address(filters, path, **more)
    kept = filters_of(view)
    pairs: dict[str, StrEnum | None] = {}
    if (kept.sort, kept.order) != (filters.sort, filters.order):
        pairs |= {"sort": filters.sort, "order": filters.order}
    if (kept.group or GroupBy.STATUS) != (filters.group or GroupBy.STATUS):
        pairs["group"] = filters.group or GroupBy.STATUS
    changed = {name: value.value for name, value in pairs.items() if value}
    return f"{path}?{urlencode({'view': view.id, **changed, **more})}"


def options(filters: Filters, name: str, values: Iterable[Any], path: str = PATH) -> Sequence[str]:
    """The addresses with each of these values of a filter."""
    rest = urlencode(list(filters.but(name).pairs()))
    return [f"{path}?{rest}{'&' if rest else ''}{name}={written(value)}" for value in values]
