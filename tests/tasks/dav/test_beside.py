"""What a task brings beside what is its ticket's: files, its parent, people, comments, alarms."""

import base64
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry, Level, User
from modules.tasks import conversation, tickets
from modules.tasks.icalendar import alarms
from modules.tasks.models import Attachment, Comment, Kind, State, Task
from modules.tasks.queries import files_asked_by, visible_to
from modules.tasks.tickets import Relation
from tests.factories import Desk
from tests.tasks.dav.phone import Phone, changed, conditions, task, without

Phones = Callable[[User], Phone]


def the(session: Session, desk: Desk, uid: str) -> Task:
    session.expire_all()
    found = session.scalar(visible_to(desk.manager).where(Task.uid == uid))
    assert found is not None
    return found


def with_lines(lines: list[str], *more: str) -> bytes:
    """A task as it was given, with these lines at its end."""
    at = lines.index("END:VTODO")
    return "\r\n".join([*lines[:at], *more, *lines[at:]]).encode()


def inline(content: bytes, name: str = "plan.txt") -> str:
    written = base64.b64encode(content).decode()
    return f"ATTACH;FMTTYPE=text/plain;FILENAME={name};ENCODING=BASE64;VALUE=BINARY:{written}"


def test_a_file_within_a_task_becomes_a_file_of_the_ticket_once(
    desk: Desk, phone: Phone, session: Session
) -> None:
    path = phone.of(desk.ticket())
    written = with_lines(phone.lines(path), inline(b"one"), "ATTACH:http://127.0.0.1/secret")
    for _ in range(2):  # what was written is written again, without having been read
        assert phone.put(path, written).status_code == 204
    files = session.scalars(files_asked_by(desk.customer)).all()
    assert [(each.name, each.size, each.content_type) for each in files] == [
        ("plan.txt", 3, "text/plain")
    ]
    shown = [each for each in phone.lines(path) if each.startswith("ATTACH")]
    assert len(shown) == 2
    assert not any("BASE64" in each for each in shown), "it has an address now"
    assert "ATTACH:http://127.0.0.1/secret" in shown, "kept, and never fetched"
    assert phone.put(path, without(phone.lines(path), "ATTACH")).status_code == 204
    assert len(session.scalars(select(Attachment)).all()) == 1, "a missing one deletes nothing"
    unnamed = inline(b"two", "../../a.txt").replace("FMTTYPE=text/plain;", "")
    made = phone.put(phone.at(desk.list, "f.ics"), task("f").replace(
        b"END:VTODO", f"{unnamed}\r\nEND:VTODO".encode()))  # fmt: skip
    assert made.status_code == 201
    assert session.scalars(select(Attachment.name)).all() == ["plan.txt", "a.txt"]
    assert set(session.scalars(select(Attachment.content_type))) == {"text/plain"}
    many = with_lines(phone.lines(path), *(inline(b"%d" % each) for each in range(5)))
    refused = phone.put(path, many)
    assert (refused.status_code, "At most 5" in refused.text) == (403, True)
    broken = phone.put(path, with_lines(phone.lines(path), "ATTACH;ENCODING=BASE64:*"))
    assert "valid-calendar-data" in conditions(broken)
    assert len(session.scalars(select(Attachment)).all()) == 2, "a refusal changes nothing"


def test_an_alarm_that_was_put_off_and_then_turned_off_stays_off(desk: Desk, phone: Phone) -> None:
    path = phone.of(desk.ticket())
    first = changed(phone.lines(path), X_MOZ_LASTACK="20260301T080000Z", X_FOREIGN="kept")
    put_off = first.replace(b"END:VTODO", b"X-MOZ-SNOOZE-TIME:20260301T090000Z\r\nEND:VTODO")
    assert phone.put(path, put_off).status_code == 204
    assert phone.put(path, without(phone.lines(path), "X-")).status_code == 204
    assert "X-MOZ-SNOOZE-TIME:20260301T090000Z" in phone.lines(path), "dropped unknown: kept"
    turned_off = without(phone.lines(path), "X-MOZ-SNOOZE", "X-FOREIGN")
    assert phone.put(path, turned_off).status_code == 204
    told = [each for each in phone.lines(path) if each.startswith(("X-MOZ", "X-FOREIGN"))]
    assert sorted(told) == ["X-FOREIGN:kept", "X-MOZ-LASTACK:20260301T080000Z"]


def test_a_sub_task_is_a_child_and_can_be_given_another_parent(
    desk: Desk, phone: Phone, session: Session
) -> None:
    first, second, ticket = desk.ticket(), desk.ticket(), desk.ticket()
    unseen = desk.make.ticket(desk.customer, desk.make.task_list(customers=[desk.customer]))

    def parents(of: Task) -> list[str]:
        lines = phone.lines(phone.of(of))
        return [each for each in lines if each.startswith("RELATED-TO") and "CHILD" not in each]

    made = phone.put(phone.at(desk.list, "s.ics"), task("s", related_to=first.uid))
    assert made.status_code == 201
    child = the(session, desk, "s")
    assert parents(child) == [f"RELATED-TO;RELTYPE=PARENT:{first.uid}"], "said by us, and once"
    assert f"RELATED-TO;RELTYPE=CHILD:{child.uid}" in phone.lines(phone.of(first))

    for wanted, after in ((first, first), (second, second), (unseen, second)):
        before = phone.lines(phone.of(ticket))
        written = changed(before, related_to="")
        written = written.replace(
            b"END:VTODO", f"RELATED-TO;RELTYPE=PARENT:{wanted.uid}\r\nEND:VTODO".encode()
        )
        assert phone.put(phone.of(ticket), written).status_code == 204
        assert f"RELATED-TO;RELTYPE=PARENT:{after.uid}" in parents(ticket)
    assert phone.put(phone.of(ticket), without(before, "RELATED-TO")).status_code == 204
    assert len(parents(ticket)) == 2, "the one that we say, and the one that is only given back"
    # Somebody else was quicker: theirs stands.
    stale = phone.lines(phone.of(child))
    tickets.unlink(session, desk.colleague, child, first, now=desk.make.later())
    tickets.link(session, desk.colleague, child, second, Relation.CHILD_OF, now=desk.make.later())
    assert phone.put(phone.of(child), "\r\n".join(stale).encode()).status_code == 204
    assert f"RELATED-TO;RELTYPE=PARENT:{second.uid}" in parents(child)
    above = changed(phone.lines(phone.of(second)), related_to=child.uid)
    assert phone.put(phone.of(second), above).status_code == 403, "no circles"


def test_what_a_client_says_of_people_stays_with_them(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket = desk.ticket()
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    path = phone.of(ticket)
    lines = [
        each.replace("ATTENDEE;", "ATTENDEE;CUTYPE=INDIVIDUAL;X-SEAT=4;RSVP=TRUE;")
        for each in phone.lines(path)
    ]
    assert phone.put(path, "\r\n".join(lines).encode()).status_code == 204

    def said() -> list[str]:
        return [each for each in phone.lines(path) if each.startswith("ATTENDEE")]

    assert len(said()) == 2
    assert all("X-SEAT=4" in each and "RSVP=TRUE" in each for each in said())
    assert said() == [each for each in lines if each.startswith("ATTENDEE")]
    tickets.set_state(session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    assert any("PARTSTAT=COMPLETED" in each and "X-SEAT=4" in each for each in said()), "ours first"
    tickets.assign(session, desk.agent, ticket, to=desk.agent, now=desk.make.later())
    assert not any(desk.colleague.address in each for each in said()), "no part in it any more"
    assert phone.put(path, without(phone.lines(path), "ATTENDEE")).status_code == 204
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    assert any(desk.colleague.address in each and "X-SEAT=4" in each for each in said())


def test_who_cannot_have_it_is_told_in_the_history_once(
    desk: Desk, phone: Phone, session: Session
) -> None:
    ticket, reader = desk.ticket(), desk.make.agent()
    desk.make.allow(desk.list.agent_acl, reader, Level.READ)
    path = phone.of(ticket)
    more = ("ATTENDEE:mailto:nobody@else.example", f"ATTENDEE:mailto:{reader.address}")
    for _ in range(2):
        assert phone.put(path, with_lines(phone.lines(path), *more)).status_code == 204
    entries = session.scalars(select(JournalEntry).where(JournalEntry.act == "not_assigned")).all()
    assert [each.changes["named"][1] for each in entries] == [
        f"nobody@else.example, {reader.address}"
    ]
    session.refresh(ticket)
    assert ticket.assignee is None


def test_replies_are_comments_where_the_list_says_so_and_come_back_as_nothing(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    ticket, customer = desk.ticket(), phone_of(desk.customer)
    for body in ("First\n\nwords", "x" * 3000):
        conversation.reply(session, desk.agent, ticket, body, now=desk.make.later())
    conversation.note(session, desk.agent, ticket, "Secret.", now=desk.make.later())
    assert not any(each.startswith("COMMENT") for each in phone.lines(phone.of(ticket)))
    desk.list.replies_in_calendar = True
    session.commit()
    phone_of(desk.colleague)  # whose first sight it is
    other = phone_of(desk.manager)
    path = other.of(ticket)
    for reader, at in ((other, path), (customer, customer.at(None, f"{ticket.uid}.ics"))):
        said = [each for each in reader.lines(at) if each.startswith("COMMENT")]
        assert said[0] == "COMMENT:First\\n\\nwords"
        assert len(said[1]) < 2100
        assert len(said) == 2
    lines = [each.replace("First\\n\\nwords", "First words") for each in other.lines(path)]
    written = with_lines(lines, "COMMENT:Mine.")
    assert other.put(path, written).status_code == 204
    notes = session.scalars(select(Comment.body).where(Comment.kind == Kind.NOTE)).all()
    assert notes == ["Secret.", "Mine."]
    shown = [each for each in other.lines(path) if each.startswith("COMMENT")]
    assert len(shown) == 3


def test_each_person_chooses_by_what_due_tickets_remind_them(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    mine, others, never = desk.ticket(), desk.ticket(), desk.ticket()
    for each in (mine, others):
        tickets.set_due(session, desk.agent, each, due=desk.make.later(days=2), now=desk.make.now)
    for each in (mine, never):
        tickets.assign(session, desk.agent, each, to=desk.agent, now=desk.make.later())
    home, path = phone.at(desk.list), phone.of(mine)
    colleague = phone_of(desk.colleague)

    def rings(of: Task, by: Phone = phone) -> bool:
        return "BEGIN:VALARM" in by.lines(by.of(of))

    token = phone.sync(home).token
    assert not rings(mine)
    alarms.choose(desk.agent, 15, mine=True)
    first = phone.sync(home, token)
    assert {path, phone.of(others)} == set(first.paths()), "whatever may ring now is told"
    assert (rings(mine), rings(others), rings(never), rings(mine, colleague)) == (
        True,
        *[False] * 3,
    )
    assert "TRIGGER;RELATED=END:-PT15M" in phone.lines(path)
    assert first.text("d:getetag", path) == phone("GET", path).headers["ETag"]
    alarms.choose(desk.agent, 1440, mine=False)
    assert phone.propfind(home, "cs:getctag").text("cs:getctag") != first.token
    assert phone.of(others) in phone.sync(home, first.token).paths()
    assert (rings(mine), rings(others)) == (True, True)
    assert "TRIGGER;RELATED=END:-P1D" in phone.lines(path)

    # What it was given it may give back, in its own words: it is still ours.
    lines = [each for each in phone.lines(path) if not each.startswith("UID:alarm")]
    assert phone.put(path, "\r\n".join(lines).encode()).status_code == 204
    alarms.choose(desk.agent, 15, mine=False)
    assert "TRIGGER;RELATED=END:-PT15M" in phone.lines(path)
    # One that was changed is the person's own; one that is taken away does not come back.
    own = [each.replace("-PT15M", "-PT3M") for each in phone.lines(path)]
    assert phone.put(path, "\r\n".join(own).encode()).status_code == 204
    alarms.choose(desk.agent, 30, mine=False)
    assert [each for each in phone.lines(path) if "TRIGGER" in each] == [
        "TRIGGER;RELATED=END:-PT3M"
    ]
    lines = phone.lines(path)
    begin, end = lines.index("BEGIN:VALARM"), lines.index("END:VALARM")
    for _ in range(2):
        silent = "\r\n".join([*lines[:begin], *lines[end + 1 :]]).encode()
        assert phone.put(path, silent).status_code == 204
        assert not rings(mine)
        lines = [*phone.lines(path)]
        begin, end = len(lines), len(lines)
    assert rings(others)
    tickets.set_state(session, desk.agent, others, State.RESOLVED, now=desk.make.later())
    assert not rings(others), "it is over"
    session.refresh(desk.agent)
    alarms.choose(desk.agent, None, mine=True)
    assert phone.sync(home, phone.sync(home).token).paths() == []
