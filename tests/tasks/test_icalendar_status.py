"""What clients really send to complete and to reopen, and what is understood."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from modules.tasks.icalendar.status import Triple, state_after, state_of_new
from modules.tasks.models import State, Status
from tests.factories import NOON, Desk

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPEN = Triple(Status.NEEDS_ACTION)
WORKING = Triple(Status.IN_PROCESS, None, 40)
DONE = Triple(Status.COMPLETED, AT, 100)
CANCELLED = Triple(Status.CANCELLED)
NOTHING = Triple()


@pytest.mark.parametrize(
    ("client", "base", "sent", "state"),
    [
        ("all three", OPEN, DONE, State.RESOLVED),
        ("all three", WORKING, DONE, State.RESOLVED),
        ("Tasks.org before 6.2", OPEN, Triple(None, AT), State.RESOLVED),
        ("2Do", OPEN, Triple(Status.COMPLETED, AT), State.RESOLVED),
        ("STATUS only", OPEN, Triple(Status.COMPLETED), State.RESOLVED),
        ("PERCENT-COMPLETE only", OPEN, Triple(None, None, 100), State.RESOLVED),
        ("PERCENT-COMPLETE only", WORKING, Triple(Status.IN_PROCESS, None, 100), State.RESOLVED),
        ("Calino", OPEN, Triple(Status.NEEDS_ACTION, AT, 100), State.RESOLVED),
        ("Thunderbird reopens", DONE, NOTHING, State.OPEN),
        ("Thunderbird reopens what was cancelled", CANCELLED, NOTHING, State.OPEN),
        ("Nextcloud reopens", DONE, Triple(Status.IN_PROCESS, None, 99), State.IN_PROGRESS),
        ("Nextcloud reopens", DONE, Triple(Status.NEEDS_ACTION, None, 99), State.OPEN),
        ("Apple reopens", DONE, Triple(Status.NEEDS_ACTION, None, 0), State.OPEN),
        (
            "Calino reopens with a stale 100",
            DONE,
            Triple(Status.NEEDS_ACTION, None, 100),
            State.OPEN,
        ),
        ("Thunderbird cancels", WORKING, CANCELLED, State.CLOSED),
        ("started", OPEN, Triple(Status.IN_PROCESS), State.IN_PROGRESS),
        ("started, by percent alone", OPEN, Triple(None, None, 30), State.IN_PROGRESS),
        ("percent alone goes back", DONE, Triple(Status.COMPLETED, AT, 50), State.IN_PROGRESS),
        ("more progress", WORKING, Triple(Status.IN_PROCESS, None, 60), None),
        ("echo", OPEN, OPEN, None),
        ("echo", WORKING, WORKING, None),
        ("echo", DONE, DONE, None),
        ("echo", CANCELLED, CANCELLED, None),
        ("knows only STATUS", DONE, Triple(Status.COMPLETED), None),
        ("drops STATUS", OPEN, NOTHING, None),
    ],
)
def test_what_a_client_changed_decides(
    client: str, base: Triple, sent: Triple, state: State | None
) -> None:
    assert state_after(base, sent) == state, client


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (NOTHING, State.OPEN),
        (OPEN, State.OPEN),
        (Triple(Status.NEEDS_ACTION, None, 100), State.OPEN),
        (Triple(Status.NEEDS_ACTION, AT, 100), State.RESOLVED),
        (Triple(None, None, 100), State.RESOLVED),
        (Triple(None, None, 5), State.IN_PROGRESS),
        (Triple(None, AT), State.RESOLVED),
        (WORKING, State.IN_PROGRESS),
        (DONE, State.RESOLVED),
        (CANCELLED, State.CLOSED),
    ],
)
def test_a_new_task_has_the_state_that_it_says(sent: Triple, state: State) -> None:
    assert state_of_new(sent) == state


def test_the_three_always_agree(desk: Desk, session: Session) -> None:
    ticket = desk.ticket()
    for act in (ticket.progress, lambda: ticket.complete(NOON), ticket.open):
        act()
        done = ticket.status == Status.COMPLETED
        assert (ticket.completed is not None) == done
        assert (ticket.percent == 100) == done
