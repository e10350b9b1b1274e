"""What a page of the queue is cut out of: segments that follow one another.

They are the states, and within them what an order sets apart (the bands of urgency; what has no due
date). Each is sorted by one column and the number, so that an index walks it from any place, either
way. A place is written `segment.key.number`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_

from groupware.errors import Invalid
from groupware.text import LARGEST_NUMBER
from modules.tasks.models import State, Task
from modules.tasks.queue.filters import Filters, Sort

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOWHERE = "There is no such place in this list."
PLACE = re.compile(r"([0-9]{1,2})\.(-?[0-9]{1,17})\.([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where a page begins or ends: right at this ticket."""

    segment: int
    key: int
    number: int

    @classmethod
    def read(cls, value: str) -> "Place":
        """A place out of an address; raises Invalid."""
        found = PLACE.fullmatch(value)
        if not found or not 0 < int(found[3]) <= LARGEST_NUMBER:
            raise Invalid(place=NOWHERE)
        return cls(int(found[1]), int(found[2]), int(found[3]))

    @classmethod
    def at(cls, segment: int, key: datetime | int, number: int) -> "Place":
        """The place of a ticket, by what it is sorted by there."""
        if isinstance(key, datetime):
            key = (key - EPOCH) // timedelta(microseconds=1)
        return cls(segment, key, number)

    def __str__(self) -> str:
        return f"{self.segment}.{self.key}.{self.number}"


@dataclass(frozen=True)
class Segment:
    """Tickets of one state, sorted by one column and the number."""

    state: State
    key: Any
    descending: bool = True
    condition: ColumnElement[bool] | None = None

    def past(self, place: Place, *, down: bool) -> ColumnElement[bool]:
        """What follows a place, walking down or up; raises Invalid for no such place."""
        try:
            when = EPOCH + timedelta(microseconds=place.key)
        except OverflowError as error:
            raise Invalid(place=NOWHERE) from error
        key = place.number if self.key is Task.id else when
        here = tuple_(self.key, Task.id)
        there = tuple_(literal(key, self.key.type), literal(place.number, Task.id.type))
        return here < there if down else here > there


def segments(filters: Filters) -> Sequence[Segment]:
    """The segments of these filters' order."""
    states, down = filters.states, filters.descending
    if filters.by == Sort.DUE:
        there = [Segment(state, Task.due, down, Task.due.is_not(None)) for state in states]
        if filters.has_due:
            return there
        none = [
            Segment(state, Task.last_modified, condition=Task.due.is_(None)) for state in states
        ]
        return [segment for both in zip(there, none, strict=True) for segment in both]
    if filters.by == Sort.URGENCY:
        bands = sorted(urgency.band for urgency in filters.urgencies)
        return [
            Segment(state, Task.last_modified, condition=Task.band == band)
            for state in states
            for band in (bands if down else reversed(bands))
        ]
    key = {
        Sort.UPDATED: Task.last_modified,
        Sort.CREATED: Task.created,
        Sort.NUMBER: Task.id,
    }[filters.by]
    return [Segment(state, key, down) for state in states]
