"""The agents' queue has its filters in its address."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.exceptions import BadRequest

from groupware.errors import Invalid
from modules.tasks.queue.filters import READERS, DueBy, Filters, Scope, Whose, written
from modules.tasks.queue.segments import Place

PATH = "/support"

MINE = Filters(assignee=Whose.MINE)
UNASSIGNED = Filters(assignee=Whose.NOBODY)
OVERDUE = Filters(due=DueBy.OVERDUE)
RESOLVED = Filters(state=Scope.RESOLVED)

VIEWS: dict[Filters, tuple[str, str]] = {
    Filters(): ("All open", "inbox"),
    MINE: ("Assigned to me", "user"),
    UNASSIGNED: ("Unassigned", "user-x"),
    OVERDUE: ("Overdue", "clock-alert"),
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


def address(filters: Filters, **more: str) -> str:
    """The path of the queue with these filters."""
    query = "&".join(part for part in (_query(filters), urlencode(more)) if part)
    return f"{PATH}?{query}" if query else PATH


def but(filters: Filters, **changes: Any) -> str:
    """The address with these changes, from the first page on."""
    return address(replace(filters, **changes))


def options(filters: Filters, name: str, values: Iterable[Any]) -> Sequence[str]:
    """The addresses with each of these values of a filter."""
    rest = _query(filters, without=name)
    return [f"{PATH}?{rest}{'&' if rest else ''}{name}={written(value)}" for value in values]


def _query(filters: Filters, without: str = "") -> str:
    values = ((name, getattr(filters, name)) for name in READERS if name != without)
    return urlencode([(name, written(value)) for name, value in values if value])
