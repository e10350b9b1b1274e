"""Writes: each is a ticket's act, under its rules; what is not meant stays as it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry, Level, User
from modules.tasks import tickets
from modules.tasks.models import Comment, Kind, State, Task, TaskList, Urgency, Waiting
from modules.tasks.queries import visible_to
from tests.factories import Desk
from tests.tasks.dav.phone import Phone, changed, conditions, task, without
from tests.tasks.ics import SAMPLES, as_bytes

Phones = Callable[[User], Phone]


def the(session: Session, desk: Desk, uid: str) -> Task:
    session.expire_all()
    found = session.scalar(visible_to(desk.manager).where(Task.uid == uid))
    assert found is not None
    return found


def test_a_new_task_is_a_ticket_of_the_list(desk: Desk, phone: Phone, session: Session) -> None:
    desk.make.category("toner", [desk.list])
    path = phone.at(desk.list, "Mein Näme.ics".replace(" ", "%20"))
    ics = task(
        "new", summary="Order toner", description="Black\\, please.", priority="1",
        due=";TZID=Europe/Berlin:20261201T100000", categories="toner,unknown",
        status="IN-PROCESS", percent_complete="40",
        organizer="mailto:boss@else.example", attendee=f"mailto:{desk.colleague.address}",
    )  # fmt: skip
    answer = phone.put(path, ics, If_None_Match="*")
    assert answer.status_code == 201
    assert "ETag" not in answer.headers, "what is given back is not what was written"
    made = the(session, desk, "new")
    assert (made.customer_id, made.source, made.task_list_id) == (
        desk.agent.id,
        "dav",
        desk.list.id,
    )
    assert (made.summary, made.description) == ("Order toner", "Black, please.")
    assert (made.urgency, made.state, made.percent) == (Urgency.URGENT, State.IN_PROGRESS, 40)
    assert made.due == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert (made.assignee_id, [each.name for each in made.categories]) == (
        desk.colleague.id, ["toner"],
    )  # fmt: skip
    lines = phone.lines(path)
    assert "DUE;TZID=Europe/Berlin:20261201T100000" in lines
    assert "CATEGORIES:toner,unknown" in lines
    assert phone.put(path, ics, If_None_Match="*").status_code == 412
    assert phone.sync(phone.at(desk.list)).paths() == [path.replace("ä", "%C3%A4")]


def test_a_location_is_the_persons_own(desk: Desk, phone: Phone, session: Session) -> None:
    mine = desk.make.location(desk.agent, name="Head office")
    desk.make.location(desk.customer, name="Not theirs")
    for name, said in (("a", "Head office"), ("b", "Not theirs"), ("c", "")):
        ics = task(name, **({"location": said} if said else {}))
        assert phone.put(phone.at(desk.list, f"{name}.ics"), ics).status_code == 201
        assert the(session, desk, name).location_id == mine.id


def test_what_was_given_may_be_written_back_without_a_change(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket = desk.ticket(urgency=Urgency.HIGH)
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    tickets.set_due(session, desk.agent, ticket, due=desk.make.later(days=2), now=desk.make.now)
    tickets.wait(session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.now)
    answer = phone("GET", phone.of(ticket))
    unquoted = answer.headers["ETag"].strip('"')
    back = phone.put(phone.of(ticket), answer.data, If_Match=unquoted)
    assert back.status_code == 204
    assert back.headers["ETag"] == answer.headers["ETag"], "only now it is what was written"
    session.refresh(ticket)
    assert ticket.waiting == Waiting.CUSTOMER
    lost = without(phone.lines(phone.of(ticket)), "ATTENDEE", "X-", "URL", "CONTACT", "ATTACH")
    assert phone.put(phone.of(ticket), lost).status_code == 204
    session.refresh(ticket)
    assert (ticket.assignee_id, ticket.waiting) == (desk.colleague.id, Waiting.CUSTOMER)


def test_what_every_client_knows_is_removed_by_its_absence(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket, category = desk.ticket(urgency=Urgency.HIGH), desk.make.category()
    tickets.categorise(session, desk.agent, ticket, [category], now=desk.make.now)
    times = tickets.Times(desk.make.later(days=1), desk.make.later(days=2))
    tickets.plan(session, desk.agent, ticket, times, now=desk.make.now)
    names = ("DUE", "DTSTART", "PRIORITY", "CATEGORIES", "DESCRIPTION", "LOCATION")
    lines = without(phone.lines(phone.of(ticket)), *names)
    assert phone.put(phone.of(ticket), lines).status_code == 204
    session.refresh(ticket)
    assert (ticket.due, ticket.start, ticket.urgency) == (None, None, Urgency.NORMAL)
    assert (ticket.categories, ticket.description) == ([], "")
    assert ticket.location is desk.location, "the list asks for one"
    refused = phone.put(phone.of(ticket), without(phone.lines(phone.of(ticket)), "SUMMARY"))
    assert "valid-calendar-data" in conditions(refused)


def test_acts_go_through_the_use_cases(desk: Desk, phone: Phone, session: Session) -> None:
    ticket = desk.ticket()
    category, there = desk.make.category(), desk.make.location(desk.customer)

    def write(**properties: str) -> None:
        lines = phone.lines(phone.of(ticket))
        assert phone.put(phone.of(ticket), changed(lines, **properties)).status_code == 204
        session.refresh(ticket)

    write(summary="New words", priority="9", categories=category.name, location=there.name)
    assert (ticket.summary, ticket.urgency) == ("New words", Urgency.LOW)
    assert (ticket.categories, ticket.location) == ([category], there)
    write(priority="7")
    assert phone.lines(phone.of(ticket)).count("PRIORITY:7") == 1, "within its band"
    write(attendee=f"mailto:{desk.colleague.address}")
    assert ticket.assignee is desk.colleague
    write(attendee=f"mailto:{desk.customer.address}")
    assert ticket.assignee is desk.colleague, "a customer cannot have it"
    me = next(each for each in phone.lines(phone.of(ticket)) if "REQ-PARTICIPANT" in each)
    lines = "\r\n".join(phone.lines(phone.of(ticket))).replace(
        me, me.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=DECLINED")
    )
    assert phone.put(phone.of(ticket), lines.encode()).status_code == 204
    session.refresh(ticket)
    assert ticket.assignee is None
    acts = set(session.scalars(select(JournalEntry.act).where(JournalEntry.entity_id == ticket.id)))
    assert {"edited", "urgency", "categories", "location", "assigned"} <= acts


def test_a_new_comment_is_a_note_once_and_nobody_elses_comment(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    ticket = desk.ticket()
    for _ in range(2):
        written = changed(phone.lines(phone.of(ticket)), comment="Ask Greta.")
        assert phone.put(phone.of(ticket), written).status_code == 204
    notes = session.scalars(select(Comment).where(Comment.task_id == ticket.id)).all()
    assert [(each.kind, each.body) for each in notes] == [(Kind.NOTE, "Ask Greta.")]
    assert "COMMENT:Ask Greta." in phone.lines(phone.of(ticket))
    other, customer = phone_of(desk.colleague), phone_of(desk.customer)
    assert "Greta" not in other("GET", other.of(ticket)).text
    assert "Greta" not in customer("GET", customer.at(None, f"{ticket.uid}.ics")).text


def test_changes_of_two_are_merged_property_by_property(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket = desk.ticket(subject="First")
    tickets.set_due(session, desk.agent, ticket, due=desk.make.later(days=1), now=desk.make.now)
    given = phone("GET", phone.of(ticket))
    lines = given.text.replace("\r\n ", "").split("\r\n")
    tickets.set_urgency(session, desk.agent, ticket, Urgency.URGENT, now=desk.make.later())
    due = desk.make.later(days=9)
    tickets.set_due(session, desk.agent, ticket, due=due, now=desk.make.now)
    tickets.set_state(session, desk.agent, ticket, State.IN_PROGRESS, now=desk.make.now)
    stale = changed(lines, summary="Second")
    assert phone.put(phone.of(ticket), stale, If_Match=given.headers["ETag"]).status_code == 412
    assert phone.put(phone.of(ticket), stale).status_code == 204
    session.refresh(ticket)
    assert (ticket.summary, ticket.urgency, ticket.due) == ("Second", Urgency.URGENT, due)
    assert ticket.state == State.IN_PROGRESS


@pytest.mark.parametrize("echoed", ["X-GROUPWARE-REV", "SEQUENCE"])
def test_in_a_conflict_the_desk_stands_or_the_write_is_refused(
    desk: Desk, phone: Phone, session: Session, echoed: str
) -> None:
    ticket = desk.ticket(subject="First")
    names = {"X-GROUPWARE-REV", "SEQUENCE"} - {echoed}
    lines = [each for each in phone.lines(phone.of(ticket)) if not each.startswith(tuple(names))]
    tickets.edit(
        session, desk.agent, ticket, subject="Theirs", details="Other words.", now=desk.make.later()
    )
    tickets.set_state(session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    stale = changed(lines, summary="Mine", status="IN-PROCESS", priority="1")
    etag = phone("GET", phone.of(ticket)).headers["ETag"]
    if echoed == "X-GROUPWARE-REV":
        # The current ETag with a stale body, as some clients send it.
        assert phone.put(phone.of(ticket), stale, If_Match=etag).status_code == 412
        assert phone("GET", phone.of(ticket)).headers["ETag"] == etag
    assert phone.put(phone.of(ticket), stale).status_code == 204
    session.refresh(ticket)
    assert (ticket.summary, ticket.description) == ("Theirs", "Other words.")
    assert (ticket.state, ticket.urgency) == (State.RESOLVED, Urgency.URGENT)
    told = session.scalars(select(JournalEntry).where(JournalEntry.act == "overruled")).one()
    assert told.changes["summary"] == ["Mine", "Theirs"]


def test_foreign_lines_survive_other_clients_and_the_desk(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    path, other = phone.at(desk.list, "e.ics"), phone_of(desk.colleague)
    assert phone.put(path, as_bytes(SAMPLES["evolution"])).status_code == 201
    before = phone.lines(path)
    uid = next(each for each in before if each.startswith("UID:"))[4:]
    ticket = the(session, desk, uid)
    tickets.edit(session, desk.agent, ticket, subject="New", details="New", now=desk.make.later())
    dropped = ("GEO", "RESOURCES", "ATTACH", "ATTENDEE", "X-EVO", "X-GROUPWARE", "CLASS", "CONTACT")
    theirs = other.at(desk.list, "e.ics")
    assert other.put(theirs, without(other.lines(theirs), *dropped)).status_code == 204
    after = phone.lines(path)
    lost = [each for each in before if each not in after]
    assert {each.partition(":")[0].partition(";")[0] for each in lost} <= {
        "SUMMARY", "DESCRIPTION", "SEQUENCE", "LAST-MODIFIED", "DTSTAMP", "X-GROUPWARE-REV",
    }  # fmt: skip


def test_repeated_tasks_keep_their_rule_and_occurrences(
    desk: Desk, phone: Phone, session: Session
) -> None:
    path = phone.at(desk.list, "w.ics")
    assert phone.put(path, as_bytes(SAMPLES["occurrences"])).status_code == 201
    lines = phone.lines(path)
    done = "\r\n".join(lines).replace(
        "SUMMARY:Check the backups (moved)",
        "SUMMARY:Check the backups (moved)\r\nSTATUS:COMPLETED\r\nCOMPLETED:20260310T100000Z",
    )
    assert phone.put(path, done.encode()).status_code == 204
    assert the(session, desk, "weekly@example").state == State.OPEN, "one occurrence is done"
    assert "COMPLETED:20260310T100000Z" in phone.lines(path)
    assert "RRULE:FREQ=WEEKLY;COUNT=10" in phone.lines(path)
    gone = without(phone.lines(path), "RRULE", "EXDATE")
    assert phone.put(path, gone).status_code == 204
    assert not any(each.startswith("RRULE") for each in phone.lines(path))


@pytest.fixture
def other_list(desk: Desk) -> TaskList:
    return desk.make.task_list(agents={desk.agent: Level.WRITE, desk.reader: Level.WRITE})


def test_moving_by_move(desk: Desk, phone: Phone, other_list: TaskList, session: Session) -> None:
    ticket = desk.ticket()
    here = phone.of(ticket)
    target = phone.at(other_list, "there.ics")
    assert phone("MOVE", here, Destination="http://localhost" + target).status_code == 201
    session.refresh(ticket)
    assert ticket.task_list_id == other_list.id
    assert phone("GET", here).status_code == 404
    assert f"UID:{ticket.uid}" in phone.lines(target)
    renamed = phone.at(other_list, "again.ics")
    token = phone.sync(phone.at(other_list)).token
    assert phone("MOVE", target, Destination=renamed).status_code == 201
    news = phone.sync(phone.at(other_list), token)
    assert (news.paths(), news.paths("404")) == ([renamed], [target])
    for destination, status in (
        ("http://else.example/x.ics", 502), ("", 400), (phone.at(None, "x.ics"), 403),
        ("/dav/calendars/999/1/x.ics", 404), (renamed, 403), (phone.home(), 403),
    ):  # fmt: skip
        assert phone("MOVE", renamed, Destination=destination).status_code == status, destination


@pytest.mark.parametrize("first", ["PUT", "DELETE"])
def test_moving_as_clients_do_keeps_the_ticket(
    desk: Desk, phone_of: Phones, other_list: TaskList, session: Session, first: str
) -> None:
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.DELETE)
    phone, ticket = phone_of(desk.agent), desk.ticket()
    here, there = phone.of(ticket), phone.at(other_list, f"{ticket.uid}.ics")
    ics = phone("GET", here).data
    if first == "DELETE":
        assert phone("DELETE", here).status_code == 204
    assert phone.put(there, ics, If_None_Match="*").status_code == 201
    if first == "PUT":
        assert phone("DELETE", here).status_code == 404
    session.refresh(ticket)
    assert (ticket.task_list_id, ticket.deleted_at) == (other_list.id, None)
    assert ticket.customer is desk.customer


def test_a_uid_that_is_taken_is_taken(desk: Desk, phone: Phone, session: Session) -> None:
    hidden = desk.make.ticket(desk.customer, desk.make.task_list(customers=[desk.customer]))
    seen = desk.ticket()
    for uid in (hidden.uid, seen.uid):
        answer = phone.put(phone.at(desk.list, "x.ics"), task(uid))
        assert answer.status_code == 409
        assert "no-uid-conflict" in conditions(answer)
    assert phone.put(phone.of(seen), task("other")).status_code == 409


TWO = task("a").replace(b"END:VTODO", b"END:VTODO\r\nBEGIN:VTODO\r\nUID:b\r\nEND:VTODO")
REFUSED = {
    "no calendar": (b"hello", "text/calendar", 400, "valid-calendar-data"),
    "nothing": (b"", "text/calendar", 400, "valid-calendar-data"),
    "another type": (task(), "application/json", 415, "supported-calendar-data"),
    "not UTF-8": (task(summary="x").replace(b"A task", b"x").replace(b":x", b":\xff\xfe"),
                  "text/calendar", 403, "valid-calendar-data"),
    "an event": (task().replace(b"VTODO", b"VEVENT"), "text/calendar", 403,
                 "supported-calendar-component"),
    "two tasks": (TWO, "text/calendar",
                  403, "valid-calendar-object-resource"),
    "a method": (task().replace(b"VERSION:2.0", b"VERSION:2.0\r\nMETHOD:REQUEST"), "text/calendar",
                 403, "valid-calendar-object-resource"),
    "no UID": (task().replace(b"UID:", b"X-UID:"), "text/calendar", 403, "valid-calendar-data"),
    "every second": (task(dtstart="20260301T000000Z", rrule="FREQ=SECONDLY"), "text/calendar", 403,
                     "valid-calendar-data"),
    "no interval": (task(dtstart="20260301T000000Z", rrule="FREQ=DAILY;INTERVAL=0"),
                    "text/calendar", 403, "valid-calendar-data"),
    "too often": (task(dtstart="20260301T000000Z", rrule="FREQ=DAILY;COUNT=1001"), "text/calendar",
                  403, "valid-calendar-data"),
    "a bad date": (task(due="tomorrow"), "text/calendar", 403, "valid-calendar-data"),
    "a bad status": (task(status="IN-PROGRESS"), "text/calendar", 403, "valid-calendar-data"),
    "too many parts": (task().replace(
        b"END:VTODO", b"BEGIN:VALARM\r\nEND:VALARM\r\n" * 60 + b"END:VTODO"), "text/calendar", 403,
        "valid-calendar-data"),
    "a long subject": (task(summary="x" * 201), "text/calendar", 403, "valid-calendar-data"),
}  # fmt: skip


def test_what_is_no_task_is_refused_with_the_reason(
    desk: Desk, phone: Phone, session: Session
) -> None:
    for what, (body, kind, status, condition) in REFUSED.items():
        answer = phone("PUT", phone.at(desk.list, "x.ics"), body, Content_Type=kind)
        assert answer.status_code == status, (what, answer.text)
        assert conditions(answer)[0] == condition, what
        assert b"responsedescription" in answer.data
    large = phone.put(phone.at(desk.list, "x.ics"), task(description="x" * 1_100_000))
    assert large.status_code == 413
    assert phone.put(phone.at(desk.list, "x.ics"), task(priority="")).status_code == 201
    assert phone.put(phone.at(desk.list, "n" * 256), task()).status_code == 403
    assert phone.put(phone.at(desk.list, "a%0d%0ab.ics"), task()).status_code == 403
    assert phone.put(phone.at(desk.list, "a%2Fb.ics"), task()).status_code == 404


def test_a_refused_act_changes_nothing(desk: Desk, phone_of: Phones, session: Session) -> None:
    ticket, reader = desk.ticket(), phone_of(desk.reader)
    etag = reader("GET", reader.of(ticket)).headers["ETag"]
    lines = reader.lines(reader.of(ticket))
    for answer in (
        reader.put(reader.of(ticket), changed(lines, summary="Mine")),
        reader("DELETE", reader.of(ticket)),
        reader("MOVE", reader.of(ticket), Destination=reader.at(desk.list, "b.ics")),
    ):
        assert answer.status_code == 403
        assert "need-privileges" in conditions(answer)
        assert b"permission" in answer.data
    assert reader("GET", reader.of(ticket)).headers["ETag"] == etag
    desk.make.allow(desk.list.agent_acl, desk.outsider, Level.CREATE)
    creator = phone_of(desk.outsider)
    staffs = creator.put(creator.at(desk.list, "s.ics"), task("s", due="20261201T000000Z"))
    assert staffs.status_code == 403
    assert creator.put(creator.at(desk.list, "s.ics"), task("s")).status_code == 201


def test_eight_that_write_at_once_are_all_heard(desk: Desk, phone: Phone, app: Flask) -> None:
    path, body = phone.at(desk.list), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\n"
    headers = {**phone.headers, "Content-Type": "text/calendar"}
    desk.session.commit()

    def write(client: int) -> list[int]:
        mine = app.test_client()
        texts = (f"UID:rush-{client}\r\nSUMMARY:{each}\r\n" for each in ("first", "second"))
        bodies = [f"{body}{each}END:VTODO\r\nEND:VCALENDAR\r\n" for each in texts]
        address = f"{path}rush-{client}.ics"
        return [mine.put(address, data=each, headers=headers).status_code for each in bodies]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [[201, 204]] * 8
    numbers = desk.session.scalars(select(Task.change_number).where(Task.uid.like("rush-%"))).all()
    assert len(set(numbers)) == 8, "each change has a number of its own"
