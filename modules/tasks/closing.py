"""What time does to tickets: quiet resolved ones close, and waiting until a time ends with it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from modules.tasks import tickets
from modules.tasks.models import State
from modules.tasks.queries import lists_that_close, quiet_since, waited_until

BATCH = 200
"""Tickets changed in one transaction; what is left waits for the next round."""


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


def wake(session: Session, now: datetime) -> int:
    """End the waiting of what was to wait until now; how many these were."""
    over = waited_until(now).with_for_update(skip_locked=True).limit(BATCH)
    woken = session.scalars(over).all()
    for ticket in woken:
        tickets.end_waiting(session, None, ticket, now=now)
    return len(woken)


def run(session: Session, now: datetime) -> None:
    """As the worker calls it."""
    close_quiet(session, now)
    wake(session, now)
