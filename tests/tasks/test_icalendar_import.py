"""Bringing a file in: what becomes of each component, whose rights hold, what is refused."""

import io
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry, Level, User
from modules.tasks import tickets
from modules.tasks.icalendar.importing import Became, Outcome, bring_in, sources
from modules.tasks.icalendar.lines import Unreadable
from modules.tasks.models import State, Task, Waiting
from tests.factories import NOON, Desk
from tests.tasks.ics import SAMPLES, as_bytes, vtodo

BASE = "https://desk.example"


def take(session: Session, desk: Desk, ics: bytes, by: User | None = None) -> list[Outcome]:
    return [
        each
        if isinstance(each, Outcome)
        else bring_in(
            session, by or desk.agent, desk.list, each, now=desk.make.later(), base_url=BASE
        )
        for each in sources(io.BytesIO(ics))
    ]


def ticket_of(session: Session, outcome: Outcome) -> Task:
    session.flush()
    return session.get_one(Task, outcome.ticket_id)


def test_a_task_becomes_a_ticket(session: Session, desk: Desk) -> None:
    (made,) = take(session, desk, as_bytes(SAMPLES["thunderbird"]))
    ticket = ticket_of(session, made)
    assert made.became == Became.MADE
    assert (ticket.summary, ticket.description) == (
        "Printer on the second floor", "It jams.\nAgain, and again.",
    )  # fmt: skip
    assert (ticket.state, ticket.percent, ticket.priority) == (State.IN_PROGRESS, 40, 1)
    assert ticket.due is not None
    assert ticket.due.isoformat() == "2026-03-03T16:00:00+00:00"
    assert (ticket.due_tz, ticket.due_is_date) == ("Europe/Berlin", False)
    assert ticket.customer is desk.agent
    assert ticket.uid == "0b7f2c52-6f0c-4b6a-9f3e-4d0a2f7c1e55"
    assert ticket.source == "import"


def test_the_same_uid_changes_the_ticket(session: Session, desk: Desk) -> None:
    (made,) = take(session, desk, vtodo(uid="u1", summary="One", description="D", priority="5"))
    (changed,) = take(session, desk, vtodo(
        uid="u1", summary="Two", description="D", priority="2", status="COMPLETED"))  # fmt: skip
    assert (changed.became, changed.ticket_id) == (Became.CHANGED, made.ticket_id)
    ticket = ticket_of(session, made)
    assert (ticket.summary, ticket.state, ticket.urgency) == ("Two", State.RESOLVED, "urgent")
    acts = session.scalars(
        select(JournalEntry.act)
        .where(JournalEntry.entity_id == ticket.id)
        .order_by(JournalEntry.id)
    ).all()
    assert acts[:4] == ["filed", "edited", "resolved", "urgency"]


def test_an_urgency_that_stays_in_its_band_changes_nothing(session: Session, desk: Desk) -> None:
    ticket = desk.ticket(uid="band", priority=3)
    take(session, desk, vtodo(uid="band", summary=ticket.summary, priority="4"))
    assert ticket.priority == 3


def test_details_that_a_file_leaves_out_stay(session: Session, desk: Desk) -> None:
    ticket = desk.ticket(uid="d", details="Long story")
    take(session, desk, vtodo(uid="d", summary="Other"))
    assert (ticket.summary, ticket.description) == ("Other", "Long story")


def test_a_closed_ticket_stays_closed(session: Session, desk: Desk) -> None:
    ticket = desk.ticket(uid="c")
    tickets.set_state(session, desk.agent, ticket, State.CLOSED, now=NOON)
    take(session, desk, vtodo(uid="c", summary=ticket.summary, status="COMPLETED"))
    assert ticket.state == State.CLOSED


def test_in_process_written_back_keeps_what_it_waits_for(session: Session, desk: Desk) -> None:
    ticket = desk.ticket(uid="w")
    tickets.wait(session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=NOON)
    take(session, desk, vtodo(uid="w", summary=ticket.summary, status="IN-PROCESS", priority="5"))
    assert ticket.waiting == "customer"


def test_who_is_named_and_may_is_assigned_and_nobody_else(session: Session, desk: Desk) -> None:
    def named(user: User, uid: str, role: str = "REQ-PARTICIPANT") -> Task:
        ics = vtodo(uid=uid, summary="S", attendee=f"mailto:{user.address.upper()}")
        ics = ics.replace(b"ATTENDEE:", f"ATTENDEE;ROLE={role}:".encode())
        return ticket_of(session, take(session, desk, ics)[0])

    assert named(desk.colleague, "a").assignee is desk.colleague
    for user in (desk.reader, desk.customer, desk.outsider):
        assert named(user, user.name).assignee is None
    assert named(desk.colleague, "n", "NON-PARTICIPANT").assignee is None


def test_nobody_is_made_a_customer_by_a_file(session: Session, desk: Desk) -> None:
    ics = vtodo(
        uid="x",
        summary="S",
        contact=desk.stranger.address,
        organizer=f"mailto:{desk.stranger.address}",
    )
    ticket = ticket_of(session, take(session, desk, ics)[0])
    assert ticket.customer is desk.agent


@pytest.mark.parametrize("who", ["customer", "reader", "outsider"])
def test_who_may_not_write_in_the_list_brings_nothing_in(
    session: Session, desk: Desk, who: str
) -> None:
    (told,) = take(session, desk, vtodo(uid="u", summary="S"), getattr(desk, who))
    assert (told.became, told.why) == (
        Became.SKIPPED, "You do not have permission to do this.",
    )  # fmt: skip
    assert session.scalar(select(func.count()).select_from(Task)) == 0


def test_a_uid_of_what_one_cannot_see_is_refused(session: Session, desk: Desk) -> None:
    other = desk.make.task_list(customers=[desk.customer], agents={desk.outsider: Level.WRITE})
    hidden = desk.make.ticket(desk.customer, other, uid="hidden", subject="Secret")
    (told,) = take(session, desk, vtodo(uid="hidden", summary="Mine now"))
    assert told.became == Became.SKIPPED
    assert "belongs to something else" in told.why
    assert "Secret" not in str(told)
    assert hidden.summary == "Secret"
    gone = desk.ticket(uid="gone", deleted_at=NOON)
    (told,) = take(session, desk, vtodo(uid="gone", summary="Back"))
    assert told.became == Became.SKIPPED
    assert gone.summary != "Back"


def test_a_ticket_of_another_list_is_not_changed_from_here(session: Session, desk: Desk) -> None:
    other = desk.make.task_list(customers=[desk.customer], agents=[desk.agent], name="Billing")
    ticket = desk.make.ticket(desk.customer, other, uid="b", subject="Bill")
    (told,) = take(session, desk, vtodo(uid="b", summary="Changed"))
    assert (told.became, told.why) == (Became.SKIPPED, "it is in the list Billing")
    assert ticket.summary == "Bill"


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"summary": "S"}, "it has no UID"),
        ({"uid": "u" * 256, "summary": "S"}, "its UID is too long"),
        ({"uid": "u"}, "it has no SUMMARY"),
        ({"uid": "u", "summary": "s" * 201}, "Subject is longer than 200 characters."),
        ({"uid": "u", "summary": "S", "rrule": "FREQ=SECONDLY"}, "more often than daily"),
        ({"uid": "u", "summary": "S", "rrule": "FREQ=DAILY;INTERVAL=0"}, "INTERVAL"),
        ({"uid": "u", "summary": "S", "rrule": "FREQ=DAILY;COUNT=1001"}, "COUNT"),
        ({"uid": "u", "summary": "S", "rrule": "nonsense"}, "RRULE"),
        ({"uid": "u", "summary": "S", "rrule": "FREQ=DAILY;COUNT=٣"}, "COUNT"),
    ],
)
def test_what_is_no_task_for_us_is_skipped_and_told(
    session: Session, desk: Desk, properties: dict[str, str], why: str
) -> None:
    (told,) = take(session, desk, vtodo(**properties))
    assert told.became == Became.SKIPPED
    assert why in told.why


@pytest.mark.parametrize(
    "properties",
    [
        {"due": "tomorrow"}, {"due": ""}, {"due": "20261399"}, {"due": "00010101T000000Z"},
        {"due": "99991231T235959"}, {"priority": ""}, {"priority": "-1"}, {"priority": "9" * 5000},
        {"status": "IN-PROGRESS"}, {"status": "FAILED"}, {"percent_complete": "101"},
        {"percent_complete": "²"}, {"completed": "P1D"}, {"dtstart": "20260101", "duration": "P99999999D"},
        {"duration": "x", "dtstart": "20260101T000000Z"},
    ],
)  # fmt: skip
def test_a_property_that_says_nothing_is_left_out_and_told(
    session: Session, desk: Desk, properties: dict[str, str]
) -> None:
    (told,) = take(session, desk, vtodo(uid="u", summary="S", **properties))
    assert told.became == Became.MADE
    (again,) = take(session, desk, vtodo(uid="u", summary="S", **properties))
    assert again.became == Became.UNCHANGED


def test_other_components_are_told_and_the_tasks_among_them_taken(
    session: Session, desk: Desk
) -> None:
    inside = as_bytes(SAMPLES["apple"]).decode().split("BEGIN:VTODO")[1].split("END:VCALENDAR")[0]
    event = "BEGIN:VEVENT\r\nUID:e\r\nSUMMARY:Party\r\nEND:VEVENT\r\n"
    late = "BEGIN:VTODO\r\nUID:lone\r\nSUMMARY:x\r\nRECURRENCE-ID:20260101T000000Z\r\nEND:VTODO\r\n"
    cut = "BEGIN:VTODO\r\nUID:cut\r\nSUMMARY:Cut"
    ics = f"BEGIN:VCALENDAR\r\n{event}BEGIN:VTODO{inside}{late}{cut}"
    told = {each.uid: each for each in take(session, desk, ics.encode())}
    assert told["e"].why == "a VEVENT; only tasks (VTODO) are taken"
    assert told["6E2C5F3A-9B3B-44D0-9E65-1E5C6E0A7B11"].became == Became.MADE
    assert told["lone"].why == "a changed occurrence without its task"
    assert told["cut"].why == "it has no end"


def test_a_component_over_the_limits_is_skipped_and_the_next_one_taken(
    session: Session, desk: Desk
) -> None:
    def component(uid: str, *more: str) -> str:
        lines = [f"UID:{uid}", f"SUMMARY:{uid}", *more]
        return "\r\n".join(["BEGIN:VTODO", *lines, "END:VTODO"]) + "\r\n"

    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM"
    deep = "\r\n".join(["BEGIN:X-A"] * 20 + ["END:X-A"] * 20)
    big = "DESCRIPTION:" + "x" * (1024 * 1024)
    folded = "DESCRIPTION:" + "\r\n ".join(["y" * 70] * 20_000)
    ics = "BEGIN:VCALENDAR\r\n" + "".join(
        [
            component("alarms", *[alarm] * 60),
            component("deep", deep),
            component("big", big),
            component("folded", folded),
            component("many", *[f"X-A{number}:{'z' * 60}" for number in range(20_000)]),
            component("good"),
        ]
    )
    began = time.process_time()
    told = {each.uid: each.became for each in take(session, desk, (ics + "END:VCALENDAR").encode())}
    assert time.process_time() - began < 20
    assert told.pop("good") == Became.MADE
    assert set(told.values()) == {Became.SKIPPED}
    assert set(told) == {"alarms", "deep", "big", "folded", "many"}


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"hello", b"<html>", b"BEGIN:VEVENT\r\n", b"\xff\xfe"]
)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match="no iCalendar file"):
        list(sources(io.BytesIO(content)))


CONTROLS = b"SUMMARY:a\x00b\x07c\xe2\x80\xa8BEGIN:VALARM\xe2\x80\xa9\x0bd\r\n"


def test_controls_make_no_lines(session: Session, desk: Desk) -> None:
    ics = vtodo(uid="u", summary="S").replace(b"SUMMARY:S\r\n", CONTROLS)
    ticket = ticket_of(session, take(session, desk, ics)[0])
    assert ticket.summary == "abcBEGIN:VALARMd"


PIECES = (
    b"\r\n", b":", b";", b'"', b"\\", b"BEGIN:VTODO\r\n", b"END:VTODO\r\n", b"\r\n ", b";TZID=",
    b";VALUE=DATE:", b"RRULE:", b"\xe2\x80\xa8", b"\xff", b"99999999",
)  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_whatever_are_a_fault(session: Session, desk: Desk, data: st.DataObject) -> None:
    """Damaged samples: each component becomes an outcome, or the file is refused; nothing else."""
    content = bytearray(as_bytes(data.draw(st.sampled_from(sorted(SAMPLES.values())))))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.one_of(st.binary(max_size=12), st.sampled_from(PIECES)))
        content[place : place + data.draw(st.integers(0, 6))] = piece
    with session.begin_nested() as savepoint:
        try:
            for outcome in take(session, desk, bytes(content)):
                assert outcome.became in Became
            take(session, desk, bytes(content))
        except Unreadable as refused:
            assert "no iCalendar file" in str(refused)  # noqa: PT017
        savepoint.rollback()
