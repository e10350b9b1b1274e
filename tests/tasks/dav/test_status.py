"""How clients complete and reopen, as they really write it; what a ticket is then."""

import pytest
from sqlalchemy.orm import Session

from modules.tasks import tickets
from modules.tasks.models import State, Status, Waiting
from tests.factories import Desk
from tests.tasks.dav.phone import Phone, changed

AT = "20261101T100000Z"
DONE = {"status": "COMPLETED", "completed": AT, "percent_complete": "100"}
GONE = {"status": "", "completed": "", "percent_complete": ""}

# From which state, what the client sets ("" takes a line away), and the state that is meant.
WRITES: dict[str, tuple[State, dict[str, str], State]] = {
    "Thunderbird, Tasks.org complete": (State.OPEN, DONE, State.RESOLVED),
    "Thunderbird, Tasks.org reopen": (State.RESOLVED, GONE, State.OPEN),
    "Tasks.org before 6.2 completes": (State.OPEN, {"completed": AT}, State.RESOLVED),
    "2Do completes": (State.OPEN, {"status": "COMPLETED", "completed": AT}, State.RESOLVED),
    "others complete by the status": (State.OPEN, {"status": "COMPLETED"}, State.RESOLVED),
    "others complete by percent": (State.OPEN, {"percent_complete": "100"}, State.RESOLVED),
    "from in progress by percent": (State.IN_PROGRESS, {"percent_complete": "100"}, State.RESOLVED),
    "Nextcloud reopens in progress": (
        State.RESOLVED, {**GONE, "status": "IN-PROCESS", "percent_complete": "99"}, State.IN_PROGRESS,
    ),
    "Nextcloud reopens": (
        State.RESOLVED, {**GONE, "status": "NEEDS-ACTION", "percent_complete": "99"}, State.OPEN,
    ),
    "Apple, todoman reopen": (
        State.RESOLVED, {**GONE, "status": "NEEDS-ACTION", "percent_complete": "0"}, State.OPEN,
    ),
    "Calino completes": (State.OPEN, {**DONE, "status": "NEEDS-ACTION"}, State.RESOLVED),
    "Calino reopens": (
        State.RESOLVED, {**GONE, "status": "NEEDS-ACTION", "percent_complete": "100"}, State.OPEN,
    ),
    "cancelled is closed": (State.OPEN, {"status": "CANCELLED"}, State.CLOSED),
    "cancelled from in progress": (State.IN_PROGRESS, {"status": "CANCELLED"}, State.CLOSED),
    "closed is reopened": (State.CLOSED, {"status": "NEEDS-ACTION"}, State.OPEN),
    "closed is worked on": (State.CLOSED, {"status": "IN-PROCESS"}, State.IN_PROGRESS),
    "closed stays closed": (State.CLOSED, DONE, State.CLOSED),
    "started": (State.OPEN, {"status": "IN-PROCESS", "percent_complete": "40"}, State.IN_PROGRESS),
    "started by percent": (State.OPEN, {"status": "", "percent_complete": "40"}, State.IN_PROGRESS),
    "put back": (State.IN_PROGRESS, {"status": "NEEDS-ACTION"}, State.OPEN),
    "nothing": (State.IN_PROGRESS, {}, State.IN_PROGRESS),
    "completed already": (State.RESOLVED, {}, State.RESOLVED),
}  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a table of words
@pytest.mark.parametrize("echoed", [True, False])
def test_what_a_client_changed_decides(
    desk: Desk, phone: Phone, session: Session, *, echoed: bool
) -> None:
    for name, (before, properties, after) in WRITES.items():
        ticket = desk.ticket()
        if before != State.OPEN:
            tickets.set_state(session, desk.agent, ticket, before, now=desk.make.later())
        lines = phone.lines(phone.of(ticket))
        if not echoed:  # a client that keeps nothing of ours
            lines = [each for each in lines if not each.startswith(("X-", "SEQUENCE"))]
        answer = phone.put(phone.of(ticket), changed(lines, **properties))
        assert answer.status_code == 204, (name, answer.text)
        session.refresh(ticket)
        assert ticket.state == after, name
        done = ticket.status == Status.COMPLETED
        assert ((ticket.completed is not None), ticket.percent == 100) == (done, done), name
        told = phone.lines(phone.of(ticket))
        assert f"STATUS:{ticket.status}" in told, name
        assert any(each.startswith("COMPLETED") for each in told) == done, name
        assert ("PERCENT-COMPLETE:100" in told) == done, name


def test_waiting_survives_what_does_not_concern_it(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket = desk.ticket()
    tickets.wait(session, desk.agent, ticket, waiting=Waiting.THIRD_PARTY, now=desk.make.later())
    for properties in (
        {},
        {"status": "IN-PROCESS"},
        {"summary": "New"},
        {"percent_complete": "50"},
    ):
        written = changed(phone.lines(phone.of(ticket)), **properties)
        assert phone.put(phone.of(ticket), written).status_code == 204
        session.refresh(ticket)
        assert (ticket.state, ticket.waiting) == (State.IN_PROGRESS, Waiting.THIRD_PARTY)
    assert ticket.percent == 50
    assert phone.put(phone.of(ticket), changed(phone.lines(phone.of(ticket)), **DONE))
    session.refresh(ticket)
    assert ticket.waiting is None
