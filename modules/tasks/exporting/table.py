"""What a table says of tickets: names of columns, then rows, a page of the queue at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session, joinedload, selectinload

from groupware.models import User
from modules.tasks import fields
from modules.tasks.fields.models import CustomField
from modules.tasks.models import Task
from modules.tasks.queries import worked_by
from modules.tasks.queue import Asked, cut

AT_ONCE = 500
MOST_FIELDS = 60

COLUMNS: dict[str, Callable[[Task], Any]] = {
    "Number": lambda ticket: ticket.id,
    "Subject": lambda ticket: ticket.summary,
    "Status": lambda ticket: ticket.state.value,
    "Waiting": lambda ticket: ticket.waiting or "",
    "Urgency": lambda ticket: ticket.urgency.value,
    "Task list": lambda ticket: ticket.task_list.name,
    "Customer": lambda ticket: ticket.customer.name if ticket.customer else "",
    "Assignee": lambda ticket: ticket.assignee.name if ticket.assignee else "",
    "Categories": lambda ticket: ", ".join(each.name for each in ticket.categories),
    "Location": lambda ticket: ticket.location.name if ticket.location else "",
    "Due": lambda ticket: ticket.due,
    "Created": lambda ticket: ticket.created,
    "Updated": lambda ticket: ticket.last_modified,
    "Resolved": lambda ticket: ticket.completed,
    "Closed": lambda ticket: ticket.closed,
    "Replies": lambda ticket: ticket.reply_count,
    "Notes": lambda ticket: ticket.note_count,
    "Files": lambda ticket: ticket.file_count + ticket.note_file_count,
    "Details": lambda ticket: ticket.description,
}
"""Before the custom fields of the lists."""

Value = str | int | datetime | None


@dataclass(frozen=True)
class Table:
    """Names of columns, and rows that are read as they are asked for."""

    names: Sequence[str]
    rows: Iterator[list[Value]]


def table(session: Session, asked: Asked) -> Table:
    """The tickets that are asked for, by the agents' face; rights are looked at for each page."""
    asks = _fields(session, asked)
    return Table([*COLUMNS, *(each.name for each in asks)], _rows(session, asked, asks))


def _fields(session: Session, asked: Asked) -> list[CustomField]:
    by_list = fields.fields_of_lists(session, asked.wanted_lists)
    return [each for some in by_list.values() for each in some][:MOST_FIELDS]


def _rows(session: Session, asked: Asked, asks: Sequence[CustomField]) -> Iterator[list[Value]]:
    place = None
    while True:
        shown = cut(session, asked, after=place, most=AT_ONCE)
        yield from _page(session, asked, shown.numbers, asks)
        session.expunge_all()  # what was written is not kept
        if shown.older is None:
            return
        place = shown.older


def _page(
    session: Session, asked: Asked, numbers: Sequence[int], asks: Sequence[CustomField]
) -> Iterator[list[Value]]:
    query = (
        worked_by(session.get_one(User, asked.user_id))
        .where(Task.id.in_(numbers))
        .options(
            selectinload(Task.categories),
            joinedload(Task.customer),
            joinedload(Task.assignee),
            joinedload(Task.location),
            joinedload(Task.task_list),
        )
    )
    found = {ticket.id: ticket for ticket in session.scalars(query).unique()}
    said = fields.cells_of(session, list(found.values())) if asks else {}
    for number in numbers:
        if ticket := found.get(number):
            values = {cell.field.id: cell.text for cell in said.get(number, ())}
            yield [
                *(read(ticket) for read in COLUMNS.values()),
                *(values.get(each.id, "") for each in asks),
            ]
