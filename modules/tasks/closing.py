"""Resolved tickets close after the quiet days that their list sets; the customer can see that."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from modules.tasks import tickets
from modules.tasks.models import State
from modules.tasks.queries import lists_that_close, quiet_since

BATCH = 200
"""Tickets closed in one transaction; what is left waits for the next round."""


def close_quiet(session: Session, now: datetime) -> int:
    """Close what has been resolved and quiet for long enough; how many these were."""
    left = BATCH
    for task_list in session.scalars(lists_that_close()):
        before = now - timedelta(days=task_list.close_after_days)
        quiet = quiet_since(task_list, before).with_for_update(skip_locked=True).limit(left)
        for ticket in session.scalars(quiet).all():
            tickets.change_state(session, None, ticket, State.CLOSED, now=now)
            left -= 1
        if left == 0:
            break
    return BATCH - left


def run(session: Session, now: datetime) -> None:
    """As the worker calls it."""
    close_quiet(session, now)
