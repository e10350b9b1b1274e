"""What a client wrote comes back as it was: property by property, parameter by parameter."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import Level
from modules.tasks import tickets
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.importing import Became, Outcome, bring_in, sources
from modules.tasks.icalendar.writing import calendar
from modules.tasks.models import Link, State, Task, Urgency
from modules.tasks.queries import worked_by
from modules.tasks.tickets import Relation
from tests.factories import NOON, Desk
from tests.tasks.ics import BERLIN, SAMPLES, as_bytes, vtodo

BASE = "https://desk.example"
BOOKKEEPING = (
    "DTSTAMP",
    "CREATED",
    "LAST-MODIFIED",
    "SEQUENCE",
    "X-GROUPWARE-",
    "PRODID",
    "CALSCALE",
)


def take(session: Session, desk: Desk, ics: bytes, by: object = None) -> list[Outcome]:
    actor = by or desk.agent
    return [
        each
        if isinstance(each, Outcome)
        else bring_in(session, actor, desk.list, each, now=desk.make.later(), base_url=BASE)  # type: ignore[arg-type]
        for each in sources(io.BytesIO(ics))
    ]


def give(session: Session, desk: Desk, reader: object = None, face: Face = Face.AGENT) -> bytes:
    session.flush()
    session.expire_all()
    person = Reader(reader or desk.agent, face, BASE)  # type: ignore[arg-type]
    return b"".join(calendar(facts_of(session, worked_by(desk.agent), person), face))


def unfolded(ics: bytes) -> list[str]:
    lines = ics.decode().replace("\r\n ", "").split("\r\n")
    return [each for each in lines if each and not each.startswith(BOOKKEEPING)]


def of_task(lines: Sequence[str]) -> list[str]:
    return lines[lines.index("BEGIN:VTODO") : len(lines) - lines[::-1].index("END:VTODO")]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_comes_back_in_its_order(session: Session, desk: Desk, name: str) -> None:
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.WRITE)
    written = as_bytes(SAMPLES[name])
    (made,) = take(session, desk, written)
    assert (made.became, made.why) == (Became.MADE, "")
    session.commit()
    given = give(session, desk)
    before, after = unfolded(written), unfolded(given)
    ours = [each for each in of_task(after) if each not in before]
    assert all(each.startswith(("STATUS:NEEDS", "URL:", "CONTACT:", "ATTENDEE;")) for each in ours)
    kept = [each for each in of_task(after) if each in before]
    if name == "occurrences":  # the task itself stands first
        assert sorted(kept) == sorted(of_task(before))
    else:
        assert kept == of_task(before)
    zones = [each for each in before if each not in of_task(before)]
    assert [each for each in zones if each not in after] == []
    assert all(len(line) <= 75 for line in given.split(b"\r\n"))
    Calendar.from_ical(given.decode())


@pytest.mark.parametrize("name", SAMPLES)
def test_what_was_exported_is_imported_without_a_change(
    session: Session, desk: Desk, name: str
) -> None:
    take(session, desk, as_bytes(SAMPLES[name]))
    first = give(session, desk)
    (again,) = take(session, desk, first)
    assert (again.became, again.why) == (Became.UNCHANGED, "")
    assert give(session, desk) == first


def test_a_ticket_of_ours_is_imported_without_a_change(session: Session, desk: Desk) -> None:
    ticket = desk.ticket(
        subject="It, crashes; often", details="A\\B\n\nجديد 🎉", urgency=Urgency.LOW
    )
    desk.make.reply(ticket, desk.agent)
    desk.make.note(ticket, desk.agent)
    other = desk.ticket()
    tickets.link(session, desk.agent, ticket, other, now=NOON)
    tickets.set_due(
        session, desk.agent, ticket, due=datetime(2026, 3, 9, 16, 0, tzinfo=UTC), zone="Europe/Berlin",
        now=NOON,
    )  # fmt: skip
    first = give(session, desk)
    assert [each.became for each in take(session, desk, first)] == [Became.UNCHANGED] * 2
    assert give(session, desk) == first


def test_what_the_desk_changed_takes_the_place_of_what_was_written(
    session: Session, desk: Desk
) -> None:
    (made,) = take(session, desk, as_bytes(SAMPLES["thunderbird"]))
    ticket = session.get_one(Task, made.ticket_id)
    tickets.set_due(
        session, desk.agent, ticket, due=datetime(2026, 3, 4, 9, 0, tzinfo=UTC), zone="Europe/Berlin",
        now=NOON,
    )  # fmt: skip
    tickets.set_state(session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    lines = of_task(unfolded(give(session, desk)))
    assert "DUE;TZID=Europe/Berlin:20260304T100000" in lines
    assert "DTSTART;TZID=Europe/Berlin:20260302T090000" in lines
    assert "STATUS:COMPLETED" in lines
    assert "PERCENT-COMPLETE:100" in lines
    assert "STATUS:IN-PROCESS" not in lines
    assert "CLASS:PRIVATE" in lines
    assert sum(each.startswith("DUE") for each in lines) == 1


def test_alarms_are_given_back_to_who_wrote_them_only(session: Session, desk: Desk) -> None:
    take(session, desk, as_bytes(SAMPLES["apple"]))
    own, others = give(session, desk), give(session, desk, desk.colleague)
    assert b"VALARM" in own
    assert b"X-APPLE-SORT-ORDER" in own
    assert b"VALARM" not in others
    assert b"X-APPLE-SORT-ORDER" not in others
    assert b"https://shop.example" in others.replace(b"\r\n ", b"")


def test_a_start_that_repeats_due_is_none_and_goes_with_it(session: Session, desk: Desk) -> None:
    (made,) = take(session, desk, as_bytes(SAMPLES["apple"]))
    ticket = session.get_one(Task, made.ticket_id)
    assert ticket.start is None
    tickets.set_due(session, desk.agent, ticket, due=datetime(2026, 3, 9, tzinfo=UTC), now=NOON)
    assert not any(each.startswith("DTSTART") for each in of_task(unfolded(give(session, desk))))


def test_categories_that_are_known_are_the_tickets_and_the_others_stay(
    session: Session, desk: Desk
) -> None:
    garden = desk.make.category("garden")
    (made,) = take(session, desk, as_bytes(SAMPLES["tasks.org"]))
    ticket = session.get_one(Task, made.ticket_id)
    assert ticket.categories == [garden]
    tickets.categorise(session, desk.agent, ticket, [], now=NOON)
    lines = of_task(unfolded(give(session, desk)))
    assert [each for each in lines if each.startswith("CATEGORIES")] == ['CATEGORIES:"office"']
    tickets.categorise(session, desk.agent, ticket, [garden, desk.make.category("b,c")], now=NOON)
    lines = of_task(unfolded(give(session, desk)))
    assert [each for each in lines if each.startswith("CATEGORIES")] == [
        'CATEGORIES:garden,"office"', "CATEGORIES:b\\,c",
    ]  # fmt: skip


def test_a_zone_is_described_where_it_is_used_and_once(session: Session, desk: Desk) -> None:
    take(session, desk, as_bytes(SAMPLES["thunderbird"]))
    take(session, desk, as_bytes(SAMPLES["occurrences"]))
    given = give(session, desk).decode().replace("\r\n ", "")
    assert given.count("TZID:Europe/Berlin") == 1
    assert "\r\n".join(BERLIN.splitlines()) in given
    assert given.index("TZID:Europe/Berlin") < given.index("TZID=Europe/Berlin")


def test_a_date_stays_a_date(session: Session, desk: Desk) -> None:
    desk.agent.time_zone = "Pacific/Auckland"
    day = vtodo(uid="d", summary="Day", due="20260310").replace(b"DUE:", b"DUE;VALUE=DATE:")
    (made,) = take(session, desk, day)
    ticket = session.get_one(Task, made.ticket_id)
    assert ticket.due == datetime(2026, 3, 10, 10, 59, tzinfo=UTC)
    assert ticket.due_is_date
    ticket.kept_calendar = None
    assert "DUE;VALUE=DATE:20260310" in unfolded(give(session, desk))


def test_what_belongs_together_is_linked_again_and_says_no_less_than_before(
    session: Session, desk: Desk
) -> None:
    parent, child, other = desk.ticket(), desk.ticket(), desk.ticket()
    tickets.link(session, desk.agent, child, parent, Relation.CHILD_OF, now=desk.make.later())
    tickets.link(session, desk.agent, child, other, Relation.BLOCKS, now=desk.make.later())
    given = give(session, desk)
    assert {each.became for each in take(session, desk, given)} == {Became.UNCHANGED}
    links = {(each.source_id, each.kind) for each in session.scalars(select(Link))}
    assert links == {(parent.id, "parent"), (child.id, "blocks")}
    elsewhere = given
    for each in (parent, child, other):
        elsewhere = elsewhere.replace(each.uid.encode(), b"x" + each.uid[1:].encode())
    assert {each.became for each in take(session, desk, elsewhere)} == {Became.MADE}
    made = sorted(each.kind for each in session.scalars(select(Link)))
    assert made == ["blocks", "parent", "parent", "related"]
