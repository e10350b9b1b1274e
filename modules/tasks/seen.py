"""Until when somebody has read a ticket."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import User
from groupware.upsert import insert
from modules.tasks.models import Seen, Task
from modules.tasks.queries import worked_by


def seen_until(session: Session, user: User, ticket: Task) -> datetime | None:
    """What the person has read of it, or None where they have never looked."""
    return session.scalar(select(Seen.at).where(Seen.user_id == user.id, Seen.task_id == ticket.id))


def last_seen(session: Session, user: User, *, most: int) -> list[int]:
    """The numbers of the tickets that the person looked at last, of those that they work on now."""
    query = (
        worked_by(user)
        .with_only_columns(Task.id)
        .join(Seen, Seen.task_id == Task.id)
        .where(Seen.user_id == user.id)
        .order_by(Seen.at.desc())
    )
    return list(session.scalars(query.limit(most)))


def saw(session: Session, user_id: int, task_id: int, at: datetime) -> None:
    """The person has read what there was at that time; it never goes back.

    Give the stamp of what was shown, not the clock's: what is written meanwhile stays unread.
    """
    wish = insert(session, Seen).values(user_id=user_id, task_id=task_id, at=at)
    session.execute(
        wish.on_conflict_do_update(
            index_elements=[Seen.user_id, Seen.task_id],
            set_={"at": wish.excluded.at},
            where=Seen.at < wish.excluded.at,
        )
    )
