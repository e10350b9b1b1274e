"""Tickets whose time has run out: their assignee and followers are told once for each due date."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from modules.tasks.events import TicketEvent
from modules.tasks.models import Task
from modules.tasks.notices.models import Notice, Reason
from modules.tasks.notices.telling import give
from modules.tasks.queries import fell_due
from modules.tasks.together.models import Follower

LATEST = timedelta(days=1)
"""What is late for longer was told then, or was imported so: nobody is told of it now."""
AT_ONCE = 200


class TicketOverdue(TicketEvent):
    """Its due date has passed, and it is not done."""


def run(session: Session, now: datetime) -> None:
    """Tell of what fell due since the last turn."""
    told = (
        select(Notice.id)
        .where(Notice.task_id == Task.id, Notice.reason == Reason.OVERDUE, Notice.at >= Task.due)
        .correlate(Task)
    )
    followed = select(Follower.user_id).where(Follower.task_id == Task.id).correlate(Task)
    late = session.scalars(
        fell_due(now - LATEST, now)
        .where(~told.exists(), Task.assignee_id.is_not(None) | followed.exists())
        .limit(AT_ONCE)
    ).all()
    around: dict[int, set[int]] = {
        each.id: {each.assignee_id} if each.assignee_id else set() for each in late
    }
    for follower in session.scalars(select(Follower).where(Follower.task_id.in_(around))):
        around[follower.task_id].add(follower.user_id)
    for ticket in late:
        event = TicketOverdue(ticket=ticket, by=None, at=now)
        give(session, event, dict.fromkeys(around[ticket.id], Reason.OVERDUE))
