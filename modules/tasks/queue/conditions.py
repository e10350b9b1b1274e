"""What the filters of a queue say of its tickets, beside their list and state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, select
from sqlalchemy.orm import Session

from groupware.text import LARGEST_NUMBER
from modules.tasks.models import Seen, Task, task_categories
from modules.tasks.queries import unassigned
from modules.tasks.queue.filters import DueBy, Filters, Sort, WaitsFor, Whose

SOON = timedelta(hours=24)
FEW = 1_000
"""Tickets of a category that are sorted rather than looked for along an index."""


@dataclass(frozen=True)
class Asked:
    """Who asks for what: the lists are those that they work on."""

    user_id: int
    list_ids: Sequence[int]
    filters: Filters
    now: datetime


@dataclass(frozen=True)
class Narrowed:
    """Conditions that hold at once; `leading` where an index begins with one of them."""

    conditions: Sequence[ColumnElement[bool]]
    leading: bool
    marks: Sequence[str]  # the same for the full-text index, as far as it knows


def narrowed(session: Session, asked: Asked) -> Narrowed:
    """The conditions of these filters; the order's own are not among them."""
    filters, now = asked.filters, asked.now
    conditions: list[ColumnElement[bool]] = []
    marks: list[str] = []
    leading = False
    if filters.assignee == Whose.NOBODY:
        conditions.append(unassigned())
        marks.append("a0")
    elif filters.assignee:
        number = asked.user_id if filters.assignee == Whose.MINE else filters.assignee
        conditions.append(_is(Task.assignee_id, number))
        marks.append(f"a{number}")
        leading = True
    if filters.customer:
        conditions.append(_is(Task.customer_id, filters.customer))
        marks.append(f"c{filters.customer}")
        leading = True
    if filters.location:
        conditions.append(_is(Task.location_id, filters.location))
        leading = True
    if filters.due == DueBy.OVERDUE:
        conditions.append(Task.due < now)
    elif filters.due == DueBy.SOON:
        conditions.append(and_(Task.due >= now, Task.due < now + SOON))
    if filters.urgency and filters.by != Sort.URGENCY:
        conditions.append(Task.band == filters.urgency.band)
    if filters.waiting == WaitsFor.ANYTHING:
        conditions.append(Task.waiting.is_not(None))
    elif filters.waiting:
        conditions.append(Task.waiting == filters.waiting.value)
    if filters.unread:
        seen = select(Seen.task_id).where(
            Seen.user_id == asked.user_id,
            Seen.task_id == Task.id,
            Seen.at >= Task.last_modified,
        )
        conditions.append(~seen.exists())
    if filters.category:
        few, condition = _in_category(session, filters.category)
        conditions.append(condition)
        leading = leading or few
    return Narrowed(conditions, leading, marks)


def _in_category(session: Session, category_id: int) -> tuple[bool, ColumnElement[bool]]:
    """The tickets of a category: a few are looked up, of many some are soon met on the way."""
    here = _is(task_categories.c.category_id, category_id)
    some = select(literal(1)).select_from(task_categories).where(here).limit(FEW + 1)
    counted = session.scalars(select(func.count()).select_from(some.subquery())).one()
    if counted <= FEW:
        return True, Task.id.in_(select(task_categories.c.task_id).where(here))
    return False, select(literal(1)).where(here, task_categories.c.task_id == Task.id).exists()


def _is(column: Any, number: int) -> ColumnElement[bool]:
    # A number that no row can have is like one that no row has.
    return column == number if number <= LARGEST_NUMBER else false()
