"""Who follows a ticket: whoever wants to, and agents who write in it or are mentioned there."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from groupware.events import Event, Handler
from groupware.models import Level, User
from groupware.upsert import insert
from modules.tasks.access import agent_level, require
from modules.tasks.events import NoteAdded, TicketReplied
from modules.tasks.models import Task
from modules.tasks.together.models import Follower


def follow(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """Be told of what becomes of a ticket; needs READ on its list."""
    require(session, actor, Level.READ, ticket.task_list)
    add(session, actor, ticket, now=now)


def add(session: Session, user: User, ticket: Task, *, now: datetime) -> None:
    """What `follow` does once permission was checked; twice is harmless."""
    session.execute(
        insert(session, Follower)
        .values(user_id=user.id, task_id=ticket.id, at=now)
        .on_conflict_do_nothing()
    )


def unfollow(session: Session, actor: User, ticket: Task) -> None:
    """Be told no more."""
    session.execute(
        delete(Follower).where(Follower.user_id == actor.id, Follower.task_id == ticket.id)
    )


def _follow_what_one_writes(session: Session, event: TicketReplied | NoteAdded) -> None:
    """Whoever writes as an agent follows from then on."""
    writer = event.by
    if writer and agent_level(session, writer, event.ticket.task_list) >= Level.READ:
        add(session, writer, event.ticket, now=event.at)


HANDLERS: Mapping[type[Event], list[Handler]] = {
    TicketReplied: [_follow_what_one_writes],
    NoteAdded: [_follow_what_one_writes],
}
