"""The history of a ticket as its reader may know it: agents all of it, customers the public acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from groupware.api import ANYBODY, Id, Noun, Page, Paging, Ref, page_of
from groupware.models import JournalEntry, User
from groupware.web.request import actor, open_to, session
from modules.tasks.api.faces import found, works_on
from modules.tasks.api.shapes import Entry
from modules.tasks.history import ENTITY
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import lists_worked_by, visible_to

nouns = Noun("journal", "What was done to a ticket, by whom and when; newest first.")

TOLD = frozenset(
    {
        "filed",
        "replied",
        "responded",
        "edited",
        "started",
        "reopened",
        "resolved",
        "closed",
        "location",
        "comment_edited",
        "comment_deleted",
        "continued",
        "continues",
    }
)
"""Public acts of which a customer is told."""

TICKETS = ("link", "request", "into", "merged", "ticket", "tickets")
"""Changes that name other tickets."""
KEPT = ("undo",)
"""What the journal keeps for itself, to take an act back."""


@dataclass(frozen=True, kw_only=True)
class JournalQuery(Paging):
    """Of which ticket."""

    ticket: Id


@nouns.get("/tickets/<int:ticket_id>/journal")
@open_to(*ANYBODY)
def of_ticket(ticket_id: int, query: Paging) -> Page[Entry]:
    """The history of a ticket."""
    ticket = found(ticket_id)
    entries = select(JournalEntry).where(
        JournalEntry.entity == ENTITY, JournalEntry.entity_id == ticket.id
    )
    if not works_on(ticket):
        entries = entries.where(JournalEntry.public, JournalEntry.act.in_(TOLD))
    return page_of(session(), entries, query, JournalEntry.id, show=_shown, descending=True)


@nouns.get("/journal")
@open_to(*ANYBODY)
def listed(query: JournalQuery) -> Page[Entry]:
    """The same by `?ticket=`."""
    return of_ticket(query.ticket, query)


def _shown(rows: Sequence[JournalEntry]) -> list[Entry]:
    ids = {row.actor_id for row in rows if row.actor_id}
    people = session().execute(select(User.id, User.name).where(User.id.in_(ids)))
    names: dict[int | None, Ref] = {user_id: Ref(user_id, name) for user_id, name in people}
    may_see = _visible(rows)
    return [
        Entry(
            id=row.id,
            at=row.at,
            by=names.get(row.actor_id),
            act=row.act,
            changes={name: value for name, value in row.changes.items() if may_see(name, value)},
        )
        for row in rows
    ]


class _Visible:
    """Which tickets and lists that are named in changes the reader may know of."""

    def __init__(self, rows: Sequence[JournalEntry]) -> None:
        tickets = {each for row in rows for name, value in row.changes.items()
                   if name in TICKETS for each in _numbers(value)}  # fmt: skip
        query = visible_to(actor()).with_only_columns(Task.id).where(Task.id.in_(tickets))
        self.tickets = set(session().scalars(query)) if tickets else set()
        lists = {each for row in rows for each in _numbers(row.changes.get("task_list"))}
        known = lists_worked_by(actor()).with_only_columns(TaskList.id)
        self.lists = set(session().scalars(known)) if lists else set()

    def __call__(self, name: str, value: Any) -> bool:
        if name in KEPT:
            return False
        if name == "task_list":
            return set(_numbers(value)) <= self.lists
        return name not in TICKETS or set(_numbers(value)) <= self.tickets


def _visible(rows: Sequence[JournalEntry]) -> _Visible:
    return _Visible(rows)


def _numbers(value: Any) -> list[int]:
    if isinstance(value, Mapping):
        return []
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, int)]
