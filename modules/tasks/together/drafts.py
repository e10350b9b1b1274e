"""Drafts: what was typed and not sent, kept for the same person on another device.

typed -> kept (one a person and ticket) -> sent: gone
               |-> handed over: shared, for the list's agents to take -> taken: a draft of the taker's
               \\-> its ticket merged: goes on in the other ticket
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from groupware.errors import Invalid, NotFound
from groupware.events import Event, Handler
from groupware.models import Level, User
from groupware.text import cleaned
from groupware.upsert import insert
from modules.tasks.access import agent_level, require
from modules.tasks.events import NoteAdded, TicketMerged, TicketReplied
from modules.tasks.models import Kind, Task
from modules.tasks.tickets import LONGEST_TEXT
from modules.tasks.together.models import Draft

KEPT_FOR = timedelta(days=90)


def keep(
    session: Session, actor: User, ticket: Task, kind: Kind, body: str, *, now: datetime
) -> None:
    """Keep what the person has typed so far; nothing typed is nothing kept."""
    require(session, actor, Level.WRITE, ticket.task_list)
    _put(session, actor, ticket, kind, body, shared=False, now=now)


def share(
    session: Session, actor: User, ticket: Task, kind: Kind, body: str, *, now: datetime
) -> None:
    """Hand a draft to the other agents of the list; one's own composer is empty then."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if not body.strip():
        raise Invalid(body="Please write something.")
    _put(session, actor, ticket, kind, body, shared=True, now=now)
    forget(session, actor, ticket)


def take(session: Session, actor: User, ticket: Task, author_id: int, *, now: datetime) -> Draft:
    """Go on with a shared draft: it is the taker's own now, after what they had typed themselves.

    Where one of the two is a note, so is the whole: no word of a note gets into a reply by this.
    """
    require(session, actor, Level.WRITE, ticket.task_list)
    shared = session.get(Draft, (author_id, ticket.id, True))
    if shared is None:
        raise NotFound
    own = session.get(Draft, (actor.id, ticket.id, False))
    body = f"{own.body}\n\n{shared.body}" if own else shared.body
    session.delete(shared)
    session.flush()
    kind = Kind.NOTE if own and own.kind == Kind.NOTE else shared.kind
    _put(session, actor, ticket, kind, body, shared=False, now=now)
    return session.get_one(Draft, (actor.id, ticket.id, False), populate_existing=True)


def drop(session: Session, actor: User, ticket: Task, author_id: int) -> None:
    """Throw a shared draft away: its author may, and whoever manages the list."""
    if author_id != actor.id:
        require(session, actor, Level.MANAGE, ticket.task_list)
    _delete(session, author_id, ticket.id, shared=True)


def forget(session: Session, actor: User, ticket: Task) -> None:
    """The person has nothing in hand here."""
    _delete(session, actor.id, ticket.id, shared=False)


def own(session: Session, actor: User, ticket: Task) -> Draft | None:
    """What the person has typed in this ticket and not sent."""
    return session.get(Draft, (actor.id, ticket.id, False), populate_existing=True)


def shared_in(session: Session, actor: User, ticket: Task) -> list[Draft]:
    """What lies there for all agents of the list; for nobody else."""
    if agent_level(session, actor, ticket.task_list) < Level.READ:
        return []
    lying = select(Draft).where(Draft.task_id == ticket.id, Draft.shared).order_by(Draft.at)
    return list(session.scalars(lying.options(joinedload(Draft.user)).limit(20)))


def _forget_sent(session: Session, event: TicketReplied | NoteAdded) -> None:
    """What was sent is no draft any more."""
    if event.by:
        _delete(session, event.by.id, event.ticket.id, shared=False)


def _carry_over(session: Session, event: TicketMerged) -> None:
    """What was begun in a merged ticket goes on in the one that has its messages.

    A reply to another customer goes on as a note: nobody is answered by a draft for somebody else.
    """
    of_both = Draft.task_id.in_((event.source.id, event.ticket.id))
    lying = {
        (draft.user_id, draft.shared, draft.task_id): draft
        for draft in session.scalars(select(Draft).where(of_both))
    }
    same = event.source.customer_id == event.ticket.customer_id
    for (user_id, shared, task_id), draft in lying.items():
        if task_id == event.ticket.id:
            continue
        there = lying.get((user_id, shared, event.ticket.id))
        if there is None:
            draft.task_id, draft.kind = event.ticket.id, draft.kind if same else Kind.NOTE
            continue
        there.body = f"{there.body}\n\n{draft.body}"[:LONGEST_TEXT]
        there.kind = there.kind if same else Kind.NOTE
        session.delete(draft)


def forget_old(session: Session, now: datetime) -> None:
    """Drop what nobody has gone on with for three months."""
    session.execute(delete(Draft).where(Draft.at < now - KEPT_FOR))


def _put(
    session: Session,
    actor: User,
    ticket: Task,
    kind: Kind,
    body: str,
    *,
    shared: bool,
    now: datetime,
) -> None:
    body = cleaned(body)
    if len(body) > LONGEST_TEXT:
        raise Invalid(body=f"This is longer than {LONGEST_TEXT:,} characters.")
    if not body.strip():
        return _delete(session, actor.id, ticket.id, shared=shared)
    wish = insert(session, Draft).values(
        user_id=actor.id, task_id=ticket.id, shared=shared, kind=kind, body=body, at=now
    )
    session.execute(
        wish.on_conflict_do_update(
            index_elements=[Draft.user_id, Draft.task_id, Draft.shared],
            set_={"kind": wish.excluded.kind, "body": wish.excluded.body, "at": wish.excluded.at},
        )
    )
    return None


def _delete(session: Session, user_id: int, task_id: int, *, shared: bool) -> None:
    session.execute(
        delete(Draft).where(
            Draft.user_id == user_id, Draft.task_id == task_id, Draft.shared.is_(shared)
        )
    )


HANDLERS: Mapping[type[Event], list[Handler]] = {
    TicketReplied: [_forget_sent],
    NoteAdded: [_forget_sent],
    TicketMerged: [_carry_over],
}
