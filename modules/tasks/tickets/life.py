"""Who has a ticket, what state it is in, and whether it is there at all."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Level, User
from modules.tasks import events
from modules.tasks.access import agent_level, require
from modules.tasks.history import changed
from modules.tasks.models import State, Task, Waiting


def assign(session: Session, actor: User, ticket: Task, *, to: User | None, now: datetime) -> None:
    """Give a ticket to a colleague, or to nobody; its status stays."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if to is not None and agent_level(session, to, ticket.task_list) < Level.WRITE:
        raise Invalid(assignee="This person cannot work on tickets of this list.")
    give(session, actor, ticket, to, now=now)


def give(
    session: Session,
    actor: User | None,
    ticket: Task,
    to: User | None,
    *,
    now: datetime,
) -> None:
    """What `assign` does once permission was checked; rules of a ticket's life do it too."""
    before = ticket.assignee
    if before is to:
        return
    ticket.assignee = to
    changed(
        session,
        actor,
        ticket,
        "assigned",
        now=now,
        public=False,
        event=events.TicketAssigned(ticket=ticket, by=actor, at=now, before=before, to=to),
        assignee=[before and before.id, to and to.id],
    )


def set_state(session: Session, actor: User, ticket: Task, state: State, *, now: datetime) -> None:
    """Make a ticket open, in progress, resolved or closed, as an agent."""
    require(session, actor, Level.WRITE, ticket.task_list)
    change_state(session, actor, ticket, state, now=now)


def change_state(
    session: Session, actor: User | None, ticket: Task, state: State, *, now: datetime
) -> None:
    """What `set_state` does once permission was checked; rules of a ticket's life do it too."""
    before = ticket.state
    if state == before:
        return
    event: events.TicketEvent | None = None
    if state == State.OPEN:
        ticket.open()
        event = events.TicketReopened(ticket=ticket, by=actor, at=now)
    elif state == State.IN_PROGRESS:
        ticket.progress()
    elif state == State.RESOLVED:
        ticket.complete(now)
        event = events.TicketResolved(ticket=ticket, by=actor, at=now)
    else:
        ticket.close(now)
        event = events.TicketClosed(ticket=ticket, by=actor, at=now)
    act = {State.IN_PROGRESS: "started", State.OPEN: "reopened"}.get(state, state.value)
    changed(
        session,
        actor,
        ticket,
        act,
        now=now,
        public=True,
        event=event,
        status=[before.value, state.value],
    )


def wait(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    waiting: Waiting | None,
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Say for whom or what a ticket waits, or that it waits no more; waiting is in progress."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if waiting == Waiting.UNTIL and (until is None or until <= now):
        raise Invalid(until="Please give a time to come.")
    if waiting is not None and ticket.state != State.IN_PROGRESS:
        change_state(session, actor, ticket, State.IN_PROGRESS, now=now)
    _set_waiting(session, actor, ticket, waiting, until, now=now)


def end_waiting(session: Session, actor: User | None, ticket: Task, *, now: datetime) -> None:
    """It waits no more: what a customer's response does, whatever their rights."""
    _set_waiting(session, actor, ticket, None, None, now=now)


def delete(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """Hide a ticket from everybody; `restore` brings it back."""
    require(session, actor, Level.DELETE, ticket.task_list)
    ticket.deleted_at = now
    changed(
        session,
        actor,
        ticket,
        "deleted",
        now=now,
        public=False,
        event=events.TicketDeleted(ticket=ticket, by=actor, at=now),
    )


def restore(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """Bring a deleted ticket back."""
    require(session, actor, Level.DELETE, ticket.task_list)
    if ticket.deleted_at is not None:
        ticket.deleted_at = None
        changed(session, actor, ticket, "restored", now=now, public=False)


def _set_waiting(
    session: Session,
    actor: User | None,
    ticket: Task,
    waiting: Waiting | None,
    until: datetime | None,
    *,
    now: datetime,
) -> None:
    before, until_before = ticket.waiting, ticket.waiting_until
    until = until if waiting == Waiting.UNTIL else None
    if (before, until_before) == (waiting, until):
        return
    ticket.waiting, ticket.waiting_until = waiting, until
    changes: dict[str, Any] = {"waiting": [before, waiting]}
    if until != until_before:
        changes["until"] = [
            until_before and until_before.isoformat(),
            until and until.isoformat(),
        ]
    # That staff waits for the customer is the customer's business; for anybody else it is not.
    public = Waiting.CUSTOMER in (before, waiting)
    changed(session, actor, ticket, "waiting", now=now, public=public, **changes)
