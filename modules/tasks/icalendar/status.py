"""What a client meant: STATUS, COMPLETED and PERCENT-COMPLETE together (RFC 5545, 3.8.1).

Clients write one, two or all three of them, and leave stale ones behind. So what they *changed*
against what they were given decides, not what they wrote.

    Thunderbird, Tasks.org   reopen by removing all three
    2Do and others           complete with one of them alone
    Nextcloud Tasks          reopens with 99 percent, and either status
    Calino                   completes with NEEDS-ACTION, COMPLETED and 100; reopens with a stale 100
"""

from dataclasses import dataclass
from datetime import datetime

from modules.tasks.models import State, Status, Task

_STATES = {
    Status.NEEDS_ACTION: State.OPEN,
    Status.IN_PROCESS: State.IN_PROGRESS,
    Status.COMPLETED: State.RESOLVED,
    Status.CANCELLED: State.CLOSED,
}


@dataclass(frozen=True)
class Triple:
    """The three as they stand in a VTODO; None where they are absent."""

    status: Status | None = None
    completed: datetime | None = None
    percent: int | None = None


def triple_of(ticket: Task) -> Triple:
    """What a ticket's VTODO says."""
    return Triple(Status(ticket.status), ticket.completed, ticket.percent or None)


def state_of_new(triple: Triple) -> State:
    """The state of a task that was not known before."""
    if triple.status in (Status.COMPLETED, Status.CANCELLED, Status.IN_PROCESS):
        return _STATES[triple.status]
    if triple.completed is not None:
        return State.RESOLVED
    if triple.status is None and triple.percent == 100:
        return State.RESOLVED
    if triple.status is None and triple.percent:
        return State.IN_PROGRESS
    return State.OPEN


def state_after(base: Triple, now: Triple) -> State | None:
    """The state that a client asks for, or None where it left things as they were."""
    if now.status is not None and now.status != base.status:
        return _STATES[now.status]
    if now.completed is not None and base.completed is None:
        return State.RESOLVED
    removed = now.status is None and now.completed is None
    if removed and base.status in (Status.COMPLETED, Status.CANCELLED):
        return State.OPEN
    if removed and base.status == Status.IN_PROCESS and now.percent is None:
        return State.OPEN
    return _after_percent(base, now)


def _after_percent(base: Triple, now: Triple) -> State | None:
    if now.percent is None or now.percent == (base.percent or 0):
        return None
    if now.percent == 100:
        return State.RESOLVED
    if base.status == Status.COMPLETED:
        return State.IN_PROGRESS if now.percent else State.OPEN
    if base.status == Status.NEEDS_ACTION and now.status is None:
        return State.IN_PROGRESS
    return None
