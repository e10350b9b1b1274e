"""Who is at a ticket now: each open page says so every 20 seconds, and is forgotten after 30."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from groupware.models import Level, User
from groupware.upsert import insert
from modules.tasks.access import require
from modules.tasks.models import Task
from modules.tasks.together.models import Doing, Presence

LASTS = timedelta(seconds=30)


def say(session: Session, actor: User, ticket: Task, doing: Doing, *, now: datetime) -> None:
    """The person is at this ticket; colleagues of its list see it for half a minute."""
    require(session, actor, Level.READ, ticket.task_list)
    wish = insert(session, Presence).values(
        user_id=actor.id, task_id=ticket.id, doing=doing, at=now
    )
    session.execute(
        wish.on_conflict_do_update(
            index_elements=[Presence.user_id, Presence.task_id],
            set_={"doing": wish.excluded.doing, "at": wish.excluded.at},
        )
    )


def leave(session: Session, actor: User, ticket_id: int) -> None:
    """The person has gone; harmless where they never were."""
    session.execute(
        delete(Presence).where(Presence.user_id == actor.id, Presence.task_id == ticket_id)
    )


def forget_old(session: Session, now: datetime) -> None:
    """Drop those who left without a word."""
    session.execute(delete(Presence).where(Presence.at < now - LASTS))
