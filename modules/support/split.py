"""The queue beside a ticket: a narrow list, whose tickets open next to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from groupware.errors import Invalid
from groupware.models import User
from modules.support.filters import address
from modules.support.grouping import title_of
from modules.support.rows import Row, rows
from modules.tasks.queue import Filters, cut
from modules.tasks.queue.asking import asked_by_reader, understood
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.filters import GroupBy

PATH = "/support/split"
MOST = 40


@dataclass(frozen=True)
class Beside:
    """What the narrow list shows."""

    filters: Filters
    known: Choices
    rows: Sequence[Row]
    queue: str  # the same tickets as a list
    more: str = ""
    headings: Mapping[int, str] = field(
        default_factory=dict
    )  # by the number of the ticket below it


def beside(session: Session, user: User, back: str, now: datetime) -> Beside | None:
    """The list that this way back names; None where it names none."""
    parts = urlsplit(back)
    if parts.path != PATH:
        return None
    known = choices(session, user)
    try:
        wanted = Filters.read(MultiDict(parse_qsl(parts.query)))
        filters = understood(session, known, wanted)
    except Invalid:
        filters = Filters()
    return listed(session, user, known, filters, now)


def listed(session: Session, user: User, known: Choices, filters: Filters, now: datetime) -> Beside:
    """The first tickets of these filters; each leads to its page with the list beside it."""
    shown = cut(session, asked_by_reader(user, known, filters, now), most=MOST)
    lines = rows(session, user, shown.numbers, {each.id: each for each in known.lists}, now)
    here = quote(address(filters, PATH), safe="/")
    return Beside(
        filters,
        known,
        [replace(row, href=f"{row.href}?from={here}") for row in lines],
        address(filters),
        address(filters, after=str(shown.older)) if shown.older else "",
        _headings(filters, lines),
    )


def _headings(filters: Filters, lines: Sequence[Row]) -> dict[int, str]:
    """What stands over the lines that a group begins with; states are seen at each line."""
    found: dict[int, str] = {}
    last = None
    for row in lines:
        title = title_of(filters.grouped, row) if not filters.q else None
        if title != last and filters.grouped != GroupBy.NONE:
            found[row.id] = title or ""
        last = title
    return found
