"""Downloads: each face tells what its reader may know, and moves with nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import event
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import User
from modules.tasks import tickets
from modules.tasks.models import State, Task, Waiting
from tests.factories import NOON, Desk

SignedIn = Callable[[User | None], FlaskClient]


def lines(answer: object) -> list[str]:
    text: str = answer.text  # type: ignore[attr-defined]
    return text.replace("\r\n ", "").split("\r\n")


def value(answer: object, name: str) -> str | None:
    found = [each for each in lines(answer) if each.split(":")[0].split(";")[0] == name]
    return found[0].partition(":")[2] if found else None


def test_a_customer_downloads_their_request(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="It, crashes", details="Line one\nLine; two")
    answer = signed_in(desk.customer).get(f"/tickets/view/{ticket.id}.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="ticket-{ticket.id}.ics"'
    assert answer.headers["Cache-Control"] == "no-store"
    (todo,) = Calendar.from_ical(answer.text).todos
    assert todo["SUMMARY"] == "It, crashes"
    assert todo["DESCRIPTION"] == "Line one\nLine; two"
    assert todo["STATUS"] == "NEEDS-ACTION"
    assert todo["URL"] == f"http://localhost/tickets/view/{ticket.id}"
    assert todo["X-GROUPWARE-TICKET"] == str(ticket.id)


def test_what_only_staff_does_is_not_in_the_customers_face_and_moves_nothing_in_it(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.colleague)
    client = signed_in(desk.customer)
    before = client.get(f"/tickets/view/{ticket.id}.ics").text
    desk.make.note(ticket, desk.agent, "Ask the SECRET vendor")
    now = desk.make.later(hours=3)
    tickets.assign(session, desk.agent, ticket, to=desk.agent, now=now)
    tickets.set_due(session, desk.agent, ticket, due=datetime(2026, 4, 1, tzinfo=UTC), now=now)
    tickets.categorise(session, desk.agent, ticket, [desk.make.category("suspicious")], now=now)
    tickets.wait(session, desk.agent, ticket, waiting=Waiting.THIRD_PARTY, now=now)
    tickets.link(session, desk.agent, ticket, desk.ticket(), now=now)
    ticket.kept_calendar = (
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nX-SECRET:foreign\nEND:VTODO\nEND:VCALENDAR"
    )
    session.commit()
    after = client.get(f"/tickets/view/{ticket.id}.ics").text
    assert after == before
    for word in (desk.agent.address, desk.agent.name, desk.colleague.address, "SECRET", "@"):
        assert word not in after


def test_the_agents_face_shows_what_agents_see_but_never_a_note(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    desk.make.note(ticket, desk.agent, "The SECRET note")
    now = desk.make.later()
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=now)
    tickets.set_due(
        session, desk.agent, ticket, due=datetime(2026, 7, 1, 15, 0, tzinfo=UTC), zone="Europe/Berlin",
        now=now,
    )  # fmt: skip
    tickets.wait(
        session, desk.agent, ticket, waiting=Waiting.UNTIL, until=desk.make.later(days=9), now=now
    )
    answer = signed_in(desk.agent).get(f"/support/tickets/{ticket.id}.ics")
    assert "SECRET" not in answer.text
    text = "\n".join(lines(answer))
    assert "DUE;TZID=Europe/Berlin:20260701T170000" in text
    assert "BEGIN:VTIMEZONE" in text
    assert (
        f'ATTENDEE;CN="Tomás Ferreira";ROLE=REQ-PARTICIPANT;PARTSTAT=IN-PROCESS:'
        f"mailto:{desk.colleague.address}" in text
    )
    assert (
        f'ATTENDEE;CN="Samuel Adeyemi";ROLE=NON-PARTICIPANT:mailto:{desk.customer.address}' in text
    )
    assert "X-GROUPWARE-WAITING;UNTIL=20260311T120200Z:until" in text
    assert value(answer, "X-GROUPWARE-REV") == str(ticket.sequence)
    assert "ORGANIZER" not in text


@pytest.mark.parametrize(
    ("state", "status", "percent", "closed"),
    [
        ([State.IN_PROGRESS], "IN-PROCESS", None, False),
        ([State.RESOLVED], "COMPLETED", "100", False),
        ([State.RESOLVED, State.CLOSED], "COMPLETED", "100", True),
        ([State.CLOSED], "CANCELLED", None, True),
    ],
)
def test_what_a_page_calls_the_state_is_said_in_the_words_of_the_standard(
    desk: Desk,
    session: Session,
    signed_in: SignedIn,
    state: list[State],
    status: str,
    percent: str | None,
    closed: bool,  # noqa: FBT001
) -> None:
    ticket = desk.ticket()
    for each in state:
        tickets.set_state(session, desk.agent, ticket, each, now=NOON)
    for person, path in ((desk.agent, "support/tickets"), (desk.customer, "tickets/view")):
        answer = signed_in(person).get(f"/{path}/{ticket.id}.ics")
        assert value(answer, "STATUS") == status
        assert value(answer, "PERCENT-COMPLETE") == percent
        assert (value(answer, "COMPLETED") is not None) == (status == "COMPLETED")
        assert (value(answer, "X-GROUPWARE-CLOSED") is not None) == closed


@pytest.mark.parametrize(
    ("who", "support", "own", "whole"),
    [
        ("customer", 403, 200, 403),
        ("stranger", 403, 404, 403),
        ("agent", 200, 404, 200),
        ("reader", 200, 404, 200),
        ("outsider", 404, 404, 404),
        ("manager", 200, 403, 200),
    ],
)
def test_who_may_not_see_a_ticket_gets_no_calendar_of_it(
    desk: Desk, signed_in: SignedIn, who: str, support: int, own: int, whole: int
) -> None:
    ticket = desk.ticket()
    client = signed_in(getattr(desk, who))
    assert client.get(f"/support/tickets/{ticket.id}.ics").status_code == support
    assert client.get(f"/tickets/view/{ticket.id}.ics").status_code == own
    assert client.get(f"/support/lists/{desk.list.id}.ics").status_code == whole
    assert client.get(f"/tickets/view/{ticket.id + 1}.ics").status_code in (403, 404)


def test_a_list_is_streamed_whole_in_few_statements(
    desk: Desk, session: Session, database: Database, signed_in: SignedIn
) -> None:
    for number in range(450):
        session.add(
            Task(
                uid=f"many-{number}",
                task_list_id=desk.list.id,
                customer_id=desk.customer.id,
                assignee_id=desk.agent.id,
                summary=f"Number {number}",
                created=NOON,
                last_modified=NOON,
                public_modified=NOON,
                asked_at=NOON,
            )
        )
    client = signed_in(desk.agent)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *each: statements.append(each[2]))
    answer = client.get(f"/support/lists/{desk.list.id}.ics")
    text = "\n".join(lines(answer))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="clinic-software.ics"'
    assert len(Calendar.from_ical(text.replace("\n", "\r\n")).todos) == 450
    assert text.count(f"mailto:{desk.agent.address}") == 450
    assert len(statements) < 60


def test_a_queue_is_downloaded_as_its_address_filters_it(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    tickets_there = [desk.ticket(subject=f"Number {number}") for number in range(120)]
    for ticket in tickets_there[:70]:
        ticket.assignee = desk.agent
    desk.make.ticket(desk.customer, desk.make.task_list(customers=[desk.customer]))
    client = signed_in(desk.agent)

    def number_of(query: str) -> int:
        return client.get(f"/support/export.ics{query}").text.count("BEGIN:VTODO")

    assert number_of("") == 120
    assert number_of("?assignee=me") == 70
    assert number_of("?state=closed") == 0
    assert number_of("?q=number&state=open") == 120
    assert client.get("/support/export.ics?state=nonsense").status_code == 400
    assert signed_in(desk.customer).get("/support/export.ics").status_code == 403
