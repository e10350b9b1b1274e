"""The lines of a queue: what a list says of each ticket, fetched for a page at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from groupware.models import User
from groupware.web.words import When, t_when
from modules.support.due import Due, due
from modules.tasks import fields
from modules.tasks.counts import Listed
from modules.tasks.mail.models import Contact
from modules.tasks.models import Category, Seen, State, Task, Urgency, task_categories
from modules.tasks.queries import ANYBODY, worked_by

LONGEST_SNIPPET = 100
_STATES, _URGENCIES = tuple(State), tuple(Urgency)[::-1]
"""By a ticket's phase, and by its band."""


@dataclass(frozen=True)
class Row:
    """A ticket as the macros of lists draw it: what is drawn is remembered by this."""

    id: int
    href: str
    subject: str
    snippet: str
    status: str
    urgency: str
    unread: bool
    categories: tuple[str, ...]
    files: int
    comments: int
    list_id: int
    list_name: str
    list_hue: int
    customer: str
    customer_id: int | None
    due: Due | None
    assignee: str | None
    assignee_id: int | None
    updated: When
    created: datetime
    more: Mapping[str, str] = field(default_factory=dict, hash=False)  # by a column's name


def rows(
    session: Session,
    user: User,
    numbers: Sequence[int],
    lists: Mapping[int, Listed],
    now: datetime,
) -> list[Row]:
    """The lines of these tickets, in this order; their numbers came out of `queue.cut` just now."""
    if not numbers:
        return []
    bound = {"reader": user.id, "numbers": list(numbers)}
    found = session.execute(_statement(), bound).all()
    grouped: dict[int, list[Any]] = {}
    for line in found:
        grouped.setdefault(line.id, []).append(line)
    return [_row(grouped[number], lists, now) for number in numbers if number in grouped]


def with_columns(
    session: Session, user: User, lines: Sequence[Row], columns: Sequence[str]
) -> list[Row]:
    """The same lines, with what only some views show: the location, and custom fields."""
    named = [column for column in columns if column == "location" or column.startswith("field:")]
    if not named or not lines:
        return list(lines)
    query = (
        worked_by(user)
        .where(Task.id.in_([row.id for row in lines]))
        .options(joinedload(Task.location))
    )
    there = {ticket.id: ticket for ticket in session.scalars(query).unique()}
    said = fields.cells_of(session, list(there.values())) if named != ["location"] else {}
    return [
        replace(
            row,
            more={
                "location": ticket.location.name if ticket.location else "",
                **{f"field:{cell.field.id}": cell.text for cell in said.get(row.id, ())},
            },
        )
        if (ticket := there.get(row.id))
        else row
        for row in lines
    ]


@cache
def _statement() -> Select[Any]:
    customer, assignee = aliased(User), aliased(User)
    seen = and_(Seen.task_id == Task.id, Seen.user_id == ANYBODY.id)
    # A line for each category of each ticket: the names come with the ticket, not after it.
    return (
        select(
            Task.id,
            Task.task_list_id,
            Task.summary,
            func.substr(Task.description, 1, LONGEST_SNIPPET).label("snippet"),
            Task.phase,
            Task.band,
            Task.due,
            Task.due_is_date,
            Task.last_modified,
            Task.created,
            (Task.file_count + Task.note_file_count).label("files"),
            (Task.reply_count + Task.note_count).label("comments"),
            Task.customer_id,
            Task.assignee_id,
            func.coalesce(customer.name, func.nullif(Contact.name, ""), Contact.address).label(
                "customer"
            ),
            assignee.name.label("assignee"),
            Seen.at.label("seen"),
            Category.name.label("category"),
        )
        .outerjoin(customer, customer.id == Task.customer_id)
        .outerjoin(assignee, assignee.id == Task.assignee_id)
        .outerjoin(Contact, and_(Contact.task_id == Task.id, Task.customer_id.is_(None)))
        .outerjoin(Seen, seen)
        .outerjoin(task_categories, task_categories.c.task_id == Task.id)
        .outerjoin(Category, Category.id == task_categories.c.category_id)
        .where(Task.id.in_(bindparam("numbers", expanding=True)))
        .order_by(Category.name)
    )


def _row(lines: Sequence[Any], lists: Mapping[int, Listed], now: datetime) -> Row:
    line = lines[0]
    state = _STATES[line.phase]
    return Row(
        id=line.id,
        href=f"/support/tickets/{line.id}",
        subject=line.summary,
        snippet=" ".join(line.snippet.split()),
        status=state.value,
        urgency=_URGENCIES[line.band].value,
        unread=line.seen is None or line.last_modified > line.seen,
        categories=tuple(each.category for each in lines if each.category),
        files=line.files,
        comments=line.comments,
        list_id=line.task_list_id,
        list_name=lists[line.task_list_id].name,
        list_hue=lists[line.task_list_id].hue,
        customer=line.customer or "Nobody",
        customer_id=line.customer_id,
        due=due(
            line.due,
            is_date=line.due_is_date,
            active=state in (State.OPEN, State.IN_PROGRESS),
            now=now,
            short=True,
        ),
        assignee=line.assignee,
        assignee_id=line.assignee_id,
        updated=t_when(line.last_modified),
        created=line.created,
    )
