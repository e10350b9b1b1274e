"""The last move of each use case: the change is written down, numbered and told."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from groupware import journal
from groupware.events import emit
from groupware.memory import is_remembering, remembered
from groupware.models import JournalEntry, User
from modules.tasks import events
from modules.tasks.models import Task, TaskList

ENTITY = "task"
_lists: Any = TaskList.__table__
_NEXT: Any = (
    update(_lists)
    .where(_lists.c.id == bindparam("of"))
    .values(change_number=_lists.c.change_number + bindparam("more"))
    .returning(_lists.c.change_number)
)
AHEAD = 50
"""Change numbers that a run of many changes takes at once; those left over are never given."""
COMMENT_EDITED = "comment_edited"


def changed(
    session: Session,
    actor: User | None,
    ticket: Task,
    act: str,
    *,
    now: datetime,
    public: bool,
    event: events.TicketEvent | None = None,
    **changes: Any,
) -> None:
    """Journal the act, move the ticket's stamps and its list's number, and emit the event.

    `public` says whether the customer may see that it happened; only then does anything move
    that the customer can see. Without an `event` it is a TicketChanged.
    """
    touch(session, ticket, now=now, public=public)
    if ticket not in session.new:  # one that is new is written together with others
        session.flush()
    journal.record(session, act, ENTITY, ticket.id, actor=actor, at=now, public=public, **changes)
    emit(
        session,
        event or events.TicketChanged(ticket=ticket, by=actor, at=now, act=act, changes=changes),
    )


def touch(session: Session, ticket: Task, *, now: datetime, public: bool) -> None:
    """Move the stamps of a ticket, and take its list's next change number."""
    with session.no_autoflush:  # so that one UPDATE of the ticket does
        number = next_change(session, ticket.task_list_id)
    ticket.last_modified = now
    if public:
        ticket.public_modified = now
    ticket.sequence += 1
    ticket.change_number = number


def next_change(session: Session, task_list_id: int) -> int:
    """The next change number of a list, in this transaction."""
    if not is_remembering(session):
        return _last_of(session, task_list_id, 1)
    key = ("change numbers", task_list_id)
    return next(remembered(session, key, lambda: _ahead(session, task_list_id)))


def _ahead(session: Session, task_list_id: int) -> Iterator[int]:
    while True:
        last = _last_of(session, task_list_id, AHEAD)
        yield from range(last - AHEAD + 1, last + 1)


def _last_of(session: Session, task_list_id: int, more: int) -> int:
    number: int = session.execute(_NEXT, {"of": task_list_id, "more": more}).scalar_one()
    return number


def forget_texts(session: Session, ticket: Task, comment_id: int) -> None:
    """Take the earlier texts of a message that is deleted for good out of the journal."""
    edits = session.scalars(
        select(JournalEntry).where(
            JournalEntry.entity == ENTITY,
            JournalEntry.entity_id == ticket.id,
            JournalEntry.act == COMMENT_EDITED,
        )
    )
    for entry in edits:
        if entry.changes.get("comment") == comment_id:
            entry.changes = {"comment": comment_id}
