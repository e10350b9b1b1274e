"""What a person was told and may still see: to be counted, listed, and marked as read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session, aliased

from groupware.models import User
from modules.tasks.models import Task
from modules.tasks.notices.models import UNREAD, Notice, Reason
from modules.tasks.queries import ANYBODY, worked_by

PAGE = 50
MOST_COUNTED = 99


@dataclass(frozen=True)
class Told:
    """A notice as a page shows it."""

    id: int
    ticket: int
    subject: str
    comment: int | None
    who: str
    who_id: int | None
    reason: Reason
    act: str
    at: datetime
    unread: bool


@dataclass(frozen=True)
class Part:
    """A page of notices, newest first, and below which number it goes on."""

    notices: Sequence[Told]
    older: int | None


def shown_to(user: User) -> Select[Any]:
    """The person's notices of tickets that they may see now."""
    return (
        worked_by(user)
        .join(Notice, Notice.task_id == Task.id)
        .where(Notice.user_id == user.id, Notice.in_app)
    )


def listed(
    session: Session,
    user: User,
    *,
    below: int | None = None,
    unread: bool = False,
    most: int = PAGE,
) -> Part:
    """A page of them."""
    actor = aliased(User)
    query = (
        shown_to(user)
        .outerjoin(actor, actor.id == Notice.actor_id)
        .with_only_columns(
            Notice.id,
            Task.id.label("ticket"),
            Task.summary,
            Notice.comment_id,
            actor.name,
            Notice.actor_id,
            Notice.reason,
            Notice.act,
            Notice.at,
            Notice.read_at,
        )
        .order_by(Notice.id.desc())
        .limit(most + 1)
    )
    if below:
        query = query.where(Notice.id < below)
    if unread:
        query = query.where(text(UNREAD))
    rows = session.execute(query).all()
    notices = [
        Told(
            id=row.id,
            ticket=row.ticket,
            subject=row.summary,
            comment=row.comment_id,
            who=row.name or "The desk",
            who_id=row.actor_id,
            reason=Reason(row.reason),
            act=row.act,
            at=row.at,
            unread=row.read_at is None,
        )
        for row in rows[:most]
    ]
    return Part(notices, notices[-1].id if len(rows) > most else None)


def unread_count(session: Session, user: User) -> str:
    """How many are new: `99+` at most, and nothing for none; one bounded statement."""
    return in_words(session.scalar(select(unread()), {"reader": user.id}) or 0)


def in_words(number: int) -> str:
    """So many, as far as anybody counts."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number or "")


@cache
def unread() -> Any:
    """How many are new to the `reader` who is bound, counted to just beyond MOST_COUNTED."""
    some = (
        shown_to(ANYBODY)
        .where(text(UNREAD))
        .with_only_columns(Notice.id)
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()


def read(session: Session, user: User, notice_id: int | None, *, now: datetime) -> None:
    """Mark one of the person's notices as read, or all of them."""
    own = update(Notice).where(Notice.user_id == user.id, Notice.read_at.is_(None))
    if notice_id is not None:
        own = own.where(Notice.id == notice_id)
    session.execute(own.values(read_at=now))


def read_of_ticket(session: Session, user_id: int, task_id: int, *, now: datetime) -> None:
    """Who looks at a ticket has read what they were told of it until then."""
    session.execute(
        update(Notice)
        .where(
            Notice.user_id == user_id,
            Notice.task_id == task_id,
            Notice.read_at.is_(None),
            Notice.at <= now,
        )
        .values(read_at=now)
    )
