"""Tickets that belong together."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from modules.tasks.access import agent_level, require
from modules.tasks.history import changed
from modules.tasks.models import Link, Task

RELATED = "related"


def link(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """Note that two tickets belong together; needs READ on the other's list."""
    _require_both(session, actor, ticket, other)
    join(session, actor, ticket, other, now=now)


def join(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """What `link` does once permission was checked; rules of a ticket's life do it too."""
    if other.id == ticket.id:
        raise Invalid(link="A ticket cannot be linked to itself.")
    if _between(session, ticket, other):
        return
    session.add(Link(source_id=ticket.id, target_id=other.id, kind=RELATED))
    for one, another in ((ticket, other), (other, ticket)):
        changed(session, actor, one, "linked", now=now, public=False, link=[None, another.id])


def unlink(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """Undo `link`, whichever way it went."""
    _require_both(session, actor, ticket, other)
    found = _between(session, ticket, other)
    if not found:
        return
    for kept in found:
        session.delete(kept)
    for one, another in ((ticket, other), (other, ticket)):
        changed(session, actor, one, "unlinked", now=now, public=False, link=[another.id, None])


def _require_both(session: Session, actor: User, ticket: Task, other: Task) -> None:
    require(session, actor, Level.WRITE, ticket.task_list)
    if agent_level(session, actor, other.task_list) < Level.READ:
        raise NotFound


def _between(session: Session, one: Task, other: Task) -> list[Link]:
    there = (Link.source_id == one.id) & (Link.target_id == other.id)
    back = (Link.source_id == other.id) & (Link.target_id == one.id)
    return list(session.scalars(select(Link).where(Link.kind == RELATED, or_(there, back))))
