"""What a page of the queue is cut out of: segments that follow one another.

They are what stands together under a heading (by default the states), and within that what an order
sets apart (the bands of urgency; what has no due date). Each is sorted by one column and the number,
so that an index walks it from any place, either way. A place is written `segment.key.number`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, tuple_

from groupware.errors import Invalid
from groupware.text import LARGEST_NUMBER
from modules.tasks.models import State, Task
from modules.tasks.queries import in_states
from modules.tasks.queue.filters import Filters, Sort

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOWHERE = "There is no such place in this list."
PLACE = re.compile(r"([0-9]{1,12})\.(-?[0-9]{1,17})\.([0-9]{1,19})", re.ASCII)
PARTS = 8
"""So many segments at most stand under a heading: a segment's number is the heading's, and its own."""


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

    @property
    def heading(self) -> int:
        """The number of the heading under which it is."""
        return self.segment // PARTS


@dataclass(frozen=True)
class Heading:
    """What stands together: its number is its own, whatever other headings there are."""

    number: int
    states: tuple[State, ...]
    condition: ColumnElement[bool] | None = None
    list_id: int | None = None  # of this list alone
    band: int | None = None  # of this urgency alone
    leads: bool = False  # an index begins with its condition's column


@dataclass(frozen=True)
class Segment:
    """A part of what stands under a heading, sorted by one column and the number."""

    number: int
    heading: Heading
    key: Any
    descending: bool = True
    condition: ColumnElement[bool] | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What holds of its tickets, beside their lists and states."""
        every = (self.heading.condition, self.condition)
        return [each for each in every if each is not None]

    @property
    def holds(self) -> ColumnElement[bool]:
        """True of its tickets."""
        list_id = self.heading.list_id
        of_list = [] if list_id is None else [Task.task_list_id == list_id]
        return and_(in_states(self.heading.states), *of_list, *self.conditions)

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


def segments(filters: Filters, headings: Sequence[Heading]) -> Sequence[Segment]:
    """The segments of these filters' order, heading by heading."""
    return [
        Segment(heading.number * PARTS + number, heading, *part)
        for heading in headings
        for number, part in enumerate(_parts(filters, heading))
    ]


def _parts(
    filters: Filters, heading: Heading
) -> Iterator[tuple[Any, bool, ColumnElement[bool] | None]]:
    """By what it is sorted, whether the greatest comes first, and what holds of the part."""
    down = filters.descending
    if filters.by == Sort.DUE:
        yield Task.due, down, Task.due.is_not(None)
        if not filters.has_due:
            yield Task.last_modified, True, Task.due.is_(None)
    elif filters.by == Sort.URGENCY and heading.band is None:
        for band in bands(filters):
            yield Task.last_modified, True, Task.band == band
    elif filters.by in (Sort.UPDATED, Sort.URGENCY):
        yield Task.last_modified, down or filters.by == Sort.URGENCY, None
    else:
        yield {Sort.CREATED: Task.created, Sort.NUMBER: Task.id}[filters.by], down, None


def bands(filters: Filters) -> list[int]:
    """The bands of urgency that are wanted, the most urgent first unless it is told otherwise."""
    found = sorted(urgency.band for urgency in filters.urgencies)
    return found if filters.by != Sort.URGENCY or filters.descending else found[::-1]
