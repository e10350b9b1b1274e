"""What the terms of a queue say of its tickets, beside their list and state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from groupware.text import LARGEST_NUMBER
from modules.tasks.models import Seen, Task, task_categories
from modules.tasks.queries import unassigned
from modules.tasks.queue.custom import asked_of_fields
from modules.tasks.queue.filters import DueBy, Filters, Has, Term, WaitsFor, Whose
from modules.tasks.queue.periods import ANY, NONE, Period

SOON = timedelta(hours=24)
FEW = 1_000
"""Tickets of a category that are sorted rather than looked for along an index."""
MOST_ARMS = 12
"""Walks along an index that are merged; where there would be more, one looks at all."""


@dataclass(frozen=True)
class Asked:
    """Who asks for what: the lists are those that they work on."""

    user_id: int
    list_ids: Sequence[int]
    filters: Filters
    now: datetime
    zone: str = "UTC"

    @property
    def wanted_lists(self) -> list[int]:
        """Those of the lists that the filters leave."""
        return [each for each in self.list_ids if self.filters.fits("list", each)]


@dataclass(frozen=True)
class Narrowed:
    """Conditions that hold at once.

    Of the `arms` one holds: each begins an index of its own. Without any the lists' indexes are
    walked. `marks` say the same for the full-text index, as far as it knows: one of each group.
    """

    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    arms: list[ColumnElement[bool]] = field(default_factory=list)
    marks: list[list[str]] = field(default_factory=list)

    @property
    def all_of_them(self) -> list[ColumnElement[bool]]:
        """The conditions, and that one of the arms holds."""
        return [*self.conditions, *([or_(*self.arms)] if self.arms else ())]


def narrowed(session: Session, asked: Asked, *, look: bool = True) -> Narrowed:
    """The conditions of these filters; their lists and states are not among them.

    Without `look` nothing is asked of the database about what would be quicker.
    """
    found = Narrowed()
    for term in asked.filters.terms:
        if term.name in ("state", "list"):
            continue
        if term.name == "category":
            _in_category(session if look else None, term, found)
            continue
        if term.name == "field":
            _by_fields(session, asked, term, found, look=look)
            continue
        each = [CONDITIONS[term.name](asked, value) for value in term.values]
        if term.name in LEADING and not term.without:
            _lead(term, asked, each, found)
        else:
            found.conditions.append(_none_of(each) if term.without else or_(*each))
    return found


def _lead(term: Term, asked: Asked, each: list[ColumnElement[bool]], found: Narrowed) -> None:
    """An index begins with this column: its values are walked side by side."""
    lead = Whose.NOBODY not in term.values
    if lead and not found.arms and len(each) <= MOST_ARMS:
        found.arms.extend(each)
    else:
        found.conditions.append(or_(*each))
        if lead and not found.arms:
            found.arms.append(true())
    if letter := LEADING[term.name]:
        numbers = [_person_number(asked, value) or 0 for value in term.values]
        found.marks.append([f"{letter}{number}" for number in numbers])


def _in_category(session: Session | None, term: Term, found: Narrowed) -> None:
    """The tickets of categories: a few are looked up, of many some are soon met on the way."""
    numbers = [each for each in term.values if isinstance(each, int) and each <= LARGEST_NUMBER]
    any_category = select(literal(1)).where(task_categories.c.task_id == Task.id)
    there = task_categories.c.category_id.in_(numbers)
    with_them: ColumnElement[bool] = any_category.where(there).exists() if numbers else false()
    if term.without:
        bare = [any_category.exists()] if Whose.NOBODY in term.values else []
        found.conditions.append(and_(not_(with_them), *bare) if numbers else and_(*bare, true()))
    elif Whose.NOBODY in term.values:
        found.conditions.append(or_(with_them, ~any_category.exists()))
    elif session is not None and _are_few(session, there):
        found.conditions.append(Task.id.in_(select(task_categories.c.task_id).where(there)))
        if not found.arms:
            found.arms.append(true())
    else:
        found.conditions.append(with_them)


def _by_fields(session: Session, asked: Asked, term: Term, found: Narrowed, *, look: bool) -> None:
    """What custom fields say: a few tickets are looked up, many are soon met on the way."""
    reader = (asked.user_id, asked.now, asked.zone)
    look = look and not term.without
    holds, few = asked_of_fields(session, term.values, asked.wanted_lists, reader, look=look)
    found.conditions.append(_none_of([holds]) if term.without else holds)
    if few and not found.arms:
        found.arms.append(true())


def _are_few(session: Session, there: ColumnElement[bool]) -> bool:
    some = select(literal(1)).select_from(task_categories).where(there).limit(FEW + 1)
    return session.scalars(select(func.count()).select_from(some.subquery())).one() <= FEW


def _none_of(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    # What is not known is not so: a ticket of nobody's is not mine.
    return not_(func.coalesce(or_(*conditions), false()))


def _assignee(asked: Asked, value: Any) -> ColumnElement[bool]:
    number = _person_number(asked, value)
    return unassigned() if number is None else _is(Task.assignee_id, number)


def _customer(asked: Asked, value: Any) -> ColumnElement[bool]:
    number = _person_number(asked, value)
    return Task.customer_id.is_(None) if number is None else _is(Task.customer_id, number)


def _person_number(asked: Asked, value: Any) -> int | None:
    if value == Whose.NOBODY:
        return None
    return asked.user_id if value == Whose.MINE else int(value)


def _location(_asked: Asked, value: Any) -> ColumnElement[bool]:
    return Task.location_id.is_(None) if value == Whose.NOBODY else _is(Task.location_id, value)


def _due(asked: Asked, value: Any) -> ColumnElement[bool]:
    now = asked.now
    if value == DueBy.OVERDUE:
        return Task.due < now
    if value == DueBy.SOON:
        return and_(Task.due >= now, Task.due < now + SOON)
    return _within(Task.due, asked, value, ahead=True)


def _urgency(_asked: Asked, value: Any) -> ColumnElement[bool]:
    return cast(ColumnElement[bool], Task.band == value.band)


def _waiting(_asked: Asked, value: Any) -> ColumnElement[bool]:
    if value == WaitsFor.ANYTHING:
        return Task.waiting.is_not(None)
    return Task.waiting.is_(None) if value == WaitsFor.NOTHING else Task.waiting == value.value


def _unread(asked: Asked, _value: Any) -> ColumnElement[bool]:
    seen = select(Seen.task_id).where(
        Seen.user_id == asked.user_id, Seen.task_id == Task.id, Seen.at >= Task.last_modified
    )
    return ~seen.exists()


def _has(_asked: Asked, value: Any) -> ColumnElement[bool]:
    some = select(literal(1)).where(task_categories.c.task_id == Task.id)
    found: dict[Has, ColumnElement[bool]] = {
        Has.FILES: Task.file_count + Task.note_file_count > 0,
        Has.REPLIES: Task.reply_count > 0,
        Has.NOTES: Task.note_count > 0,
        Has.DUE: Task.due.is_not(None),
        Has.CATEGORY: some.exists(),
        Has.LOCATION: Task.location_id.is_not(None),
        Has.ASSIGNEE: Task.assignee_id.is_not(None),
    }
    return found[value]


def _since(column: Any) -> Callable[[Asked, Any], ColumnElement[bool]]:
    return lambda asked, value: _within(column, asked, value, ahead=False)


def _within(column: Any, asked: Asked, period: Period, *, ahead: bool) -> ColumnElement[bool]:
    if period.text in (NONE, ANY):
        known: ColumnElement[bool] = column.is_not(None)
        return known if period.text == ANY else column.is_(None)
    low, high = period.span(asked.now, asked.zone, ahead=ahead)
    edges = [*([column >= low] if low else ()), *([column < high] if high else ())]
    return and_(*edges)


def _is(column: Any, number: int) -> ColumnElement[bool]:
    # A number that no row can have is like one that no row has.
    return column == number if number <= LARGEST_NUMBER else false()


LEADING = {"assignee": "a", "customer": "c", "location": ""}
"""Filters whose columns begin an index, and the letter that marks them in the full-text index."""

CONDITIONS: dict[str, Callable[[Asked, Any], ColumnElement[bool]]] = {
    "assignee": _assignee,
    "due": _due,
    "urgency": _urgency,
    "location": _location,
    "customer": _customer,
    "waiting": _waiting,
    "unread": _unread,
    "created": _since(Task.created),
    "updated": _since(Task.last_modified),
    "resolved": _since(Task.completed),
    "has": _has,
}
