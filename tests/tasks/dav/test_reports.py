"""Reports: what changed, what is asked for, and what hostile bodies get."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from groupware.models import Level, User
from modules.tasks import tickets
from modules.tasks.dav.filters import TimeRange, times_hold
from modules.tasks.icalendar.lines import Component
from modules.tasks.icalendar.times import Zones, zone_called
from modules.tasks.models import State
from tests.conftest import Statements
from tests.factories import NOON, Desk
from tests.tasks.dav.phone import DECLARED, Answer, Phone, task

Phones = Callable[[User], Phone]


def test_sync_tells_what_changed_what_is_gone_and_nothing_twice(
    desk: Desk, phone: Phone, session: Session
) -> None:
    here = phone.at(desk.list)
    one, two = desk.ticket(), desk.ticket()
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.DELETE)
    tickets.delete(session, desk.agent, desk.ticket(), now=NOON)
    first = phone.sync(here)
    assert first.paths() == [phone.of(one), phone.of(two)]
    assert first.paths("404") == [], "what is gone is nothing to who begins"
    assert first.text("d:getcontenttype").startswith("text/calendar")
    assert phone.sync(here, first.token).paths() == []
    tickets.set_state(session, desk.agent, one, State.RESOLVED, now=desk.make.later())
    tickets.set_state(session, desk.agent, one, State.OPEN, now=desk.make.later())
    second = phone.sync(here, first.token)
    assert (second.paths(), second.paths("404")) == ([phone.of(one)], [])
    three = desk.ticket()
    for ticket in (two, three):
        tickets.delete(session, desk.agent, ticket, now=desk.make.later())
    third = phone.sync(here, second.token)
    assert third.paths() == []
    assert third.paths("404") == [phone.of(two), phone.of(three)]
    tickets.restore(session, desk.agent, two, now=desk.make.later())
    assert phone.sync(here, third.token).paths() == [phone.of(two)]


def test_what_moves_leaves_one_list_and_comes_to_the_other(
    desk: Desk, phone: Phone, session: Session
) -> None:
    other = desk.make.task_list(customers=[desk.customer], agents=[desk.agent])
    ticket = desk.ticket()
    before, here = phone.of(ticket), phone.sync(phone.at(desk.list)).token
    there = phone.sync(phone.at(other)).token
    tickets.move(session, desk.agent, ticket, other, now=desk.make.later())
    left = phone.sync(phone.at(desk.list), here)
    assert (left.paths(), left.paths("404")) == ([], [before])
    assert phone.sync(phone.at(other), there).paths() == [phone.of(ticket)]
    tickets.move(session, desk.agent, ticket, desk.list, now=desk.make.later())
    back = phone.sync(phone.at(desk.list), left.token)
    assert (back.paths(), back.paths("404")) == ([before], [])


def test_an_unknown_token_begins_anew(desk: Desk, phone: Phone) -> None:
    ns = "http://localhost/ns/sync/"
    for token in ("x", f"{ns}{desk.list.id}/", f"{ns}{desk.list.id}/99999", f"{ns}r/abc"):
        for path in (phone.at(desk.list), phone.at(None)):
            answer = phone.sync(path, token)
            assert answer.status == 403
            assert "valid-sync-token" in answer.conditions


def test_sync_comes_in_parts(desk: Desk, phone: Phone) -> None:
    paths = [phone.of(desk.ticket()) for _ in range(5)]
    told: list[str] = []
    token = ""
    for _ in range(3):
        answer = phone.sync(phone.at(desk.list), token, limit=2)
        told += answer.paths()
        token = answer.token
    assert told == paths
    assert answer.paths("507") == []
    assert phone.sync(phone.at(desk.list), "", limit=2).paths("507") == [phone.at(desk.list)]


def test_one_persons_alarm_is_news_to_their_clients_only(
    desk: Desk, phone: Phone, phone_of: Phones
) -> None:
    ticket, other = desk.ticket(), phone_of(desk.colleague)
    mine, theirs = phone.sync(phone.at(desk.list)).token, other.sync(other.at(desk.list)).token
    etag = other("GET", other.of(ticket)).headers["ETag"]
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM"
    lines = phone.lines(phone.of(ticket))
    written = "\r\n".join(lines).replace("END:VTODO", f"{alarm}\r\nEND:VTODO").encode()
    assert phone.put(phone.of(ticket), written).status_code == 204
    assert "BEGIN:VALARM" in phone.lines(phone.of(ticket))
    assert phone.sync(phone.at(desk.list), mine).paths() == [phone.of(ticket)]
    assert other.sync(other.at(desk.list), theirs).paths() == []
    assert other("GET", other.of(ticket)).headers["ETag"] == etag
    token = phone.sync(phone.at(desk.list)).token
    assert phone.put(phone.of(ticket), "\r\n".join(lines).encode()).status_code == 204
    assert "BEGIN:VALARM" not in phone.lines(phone.of(ticket))
    assert phone.sync(phone.at(desk.list), token).paths() == [phone.of(ticket)]


def test_sync_after_one_change_asks_the_same_of_any_list(
    desk: Desk, phone: Phone, statements: Statements
) -> None:
    tickets_made = [desk.ticket() for _ in range(3)]
    counts = []
    for _ in range(2):
        token = phone.sync(phone.at(desk.list)).token
        desk.make.note(tickets_made[0], desk.agent)
        with statements() as sent:
            assert len(phone.sync(phone.at(desk.list), token).paths()) == 1
        counts.append(len(sent))
        for _ in range(20):
            desk.ticket()
    assert counts[0] == counts[1] <= 14


def test_multiget_gives_what_is_there_and_names_what_is_not(desk: Desk, phone: Phone) -> None:
    ticket = desk.ticket(subject="A & B <c>")
    hrefs = [phone.of(ticket), phone.at(desk.list, "none.ics"), "/dav/calendars/999/1/x.ics", "::"]
    inside = "<d:prop><d:getetag/><c:calendar-data/></d:prop>" + "".join(
        f"<d:href>{each}</d:href>" for each in hrefs
    )
    answer = phone.report(phone.at(desk.list), "c:calendar-multiget", inside)
    assert answer.paths() == hrefs[:1]
    assert answer.paths("404") == hrefs[1:]
    assert "SUMMARY:A & B <c>" in answer.text("c:calendar-data")
    part = inside.replace(
        "<c:calendar-data/>",
        '<c:calendar-data><c:comp name="VCALENDAR"><c:prop name="VERSION"/><c:comp name="VTODO">'
        '<c:prop name="SUMMARY"/></c:comp></c:comp></c:calendar-data>',
    )
    text = phone.report(phone.at(desk.list), "c:calendar-multiget", part).text("c:calendar-data")
    whole = "BEGIN:VCALENDAR VERSION:2.0 BEGIN:VTODO SUMMARY:A & B <c> END:VTODO END:VCALENDAR"
    assert " ".join(text.split()) == whole


OPEN = '<c:prop-filter name="COMPLETED"><c:is-not-defined/></c:prop-filter>'
NOT_DONE = (
    '<c:prop-filter name="STATUS"><c:text-match negate-condition="yes">COMPLETED</c:text-match>'
    "</c:prop-filter>"
)
QUERIES = {
    "": "open done urgent",
    OPEN: "open urgent",
    NOT_DONE: "open urgent",
    OPEN + NOT_DONE: "open urgent",
    '<c:prop-filter name="STATUS"><c:is-not-defined/></c:prop-filter>': "",
    '<c:prop-filter name="DUE"/>': "urgent",
    '<c:prop-filter name="SUMMARY"><c:text-match>RGE</c:text-match></c:prop-filter>': "urgent",
    '<c:prop-filter name="SUMMARY"><c:text-match collation="i;octet">RGE</c:text-match>'
    "</c:prop-filter>": "",
    '<c:prop-filter name="SUMMARY"><c:text-match negate-condition="yes">done</c:text-match>'
    "</c:prop-filter>": "open urgent",
    '<c:comp-filter name="VALARM"><c:is-not-defined/></c:comp-filter>': "open done urgent",
    '<c:prop-filter name="X-FOO"><c:param-filter name="X-BAR"/></c:prop-filter>': "open",
    '<c:time-range start="20261201T000000Z" end="20261202T000000Z"/>' + NOT_DONE: "open urgent",
    '<c:time-range start="20261202T000000Z" end="20261203T000000Z"/>' + OPEN: "open",
    '<c:time-range end="20200101T000000Z"/>': "",
}


def test_a_query_finds_what_its_filter_means(desk: Desk, phone: Phone) -> None:
    written = {
        "open": {"x_foo": ";X-BAR=1:foo"},
        "done": {"status": "COMPLETED"},
        "urgent": {"due": "20261201T100000Z", "priority": "1"},
    }
    for name, properties in written.items():
        path = phone.at(desk.list, f"{name}.ics")
        assert phone.put(path, task(name, summary=name, **properties)).status_code == 201
    for condition, names in QUERIES.items():
        found = phone.query(phone.at(desk.list), condition).paths()
        wanted = [phone.at(desk.list, f"{name}.ics") for name in names.split()]
        assert sorted(found) == sorted(wanted), condition


REPEATED = '<c:time-range start="2026{0}T000000Z" end="2026{0}T230000Z"/>'


def test_a_repeated_task_is_found_where_it_occurs(desk: Desk, phone: Phone) -> None:
    ics = task(
        dtstart="20261102T090000Z", due="20261102T100000Z", rrule="FREQ=WEEKLY;COUNT=10",
        exdate="20261116T090000Z",
    )  # fmt: skip
    assert phone.put(phone.at(desk.list, "r.ics"), ics).status_code == 201
    for day, found in (("1109", 1), ("1110", 0), ("1116", 0), ("1123", 1)):
        answer = phone.query(phone.at(desk.list), REPEATED.format(day))
        assert len(answer.paths()) == found, day


DAY = timedelta(days=1)
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROWS = [  # RFC 4791, 9.9: the VTODO, and whether [AT, AT + 1 day) finds it
    ("DTSTART:20260309T120000Z DURATION:PT24H", True),
    ("DTSTART:20260308T120000Z DURATION:PT24H", False),
    ("DTSTART:20260311T120000Z DURATION:PT1H", False),
    ("DTSTART:20260309T120000Z DUE:20260310T120000Z", False),
    ("DTSTART:20260309T120000Z DUE:20260310T120001Z", True),
    ("DTSTART:20260311T120000Z DUE:20260312T120000Z", False),
    ("DTSTART:20260310T120000Z", True),
    ("DTSTART:20260311T120000Z", False),
    ("DUE:20260310T120000Z", False),
    ("DUE:20260311T120000Z", True),
    ("COMPLETED:20260310T130000Z CREATED:20260301T000000Z", True),
    ("COMPLETED:20260305T130000Z CREATED:20260301T000000Z", False),
    ("COMPLETED:20260310T120000Z", True),
    ("COMPLETED:20260312T120000Z", False),
    ("CREATED:20260311T110000Z", True),
    ("CREATED:20260311T120000Z", False),
    ("", True),
]


def test_times_are_held_against_the_eight_rows_of_the_table() -> None:
    home = zone_called("UTC")
    assert home is not None
    asked = TimeRange(AT, AT + DAY)
    for lines, found in ROWS:
        component = Component("VTODO", list(lines.split()))
        assert times_hold(asked, component, Zones(home, {})) == found, lines


IN_TASK = (
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VTODO">{}</c:comp-filter>'
    "</c:comp-filter></c:filter>"
)
NO_FILTERS = {
    '<c:filter><c:comp-filter name="VEVENT"/></c:filter>': "valid-filter",
    IN_TASK.format("<d:x/>"): "supported-filter",
    IN_TASK.format('<c:time-range start="tomorrow"/>'): "valid-filter",
    IN_TASK.format('<c:time-range start="20260301T000000"/>'): "valid-filter",
    IN_TASK.format(
        '<c:prop-filter name="SUMMARY"><c:text-match collation="i;x">a</c:text-match></c:prop-filter>'
    ): "supported-collation",
    "": "valid-filter",
}


def test_a_filter_that_is_none_is_refused_by_name(desk: Desk, phone: Phone) -> None:
    for inside, condition in NO_FILTERS.items():
        answer = phone.report(phone.at(desk.list), "c:calendar-query", inside)
        assert answer.status == 403, inside
        assert condition in answer.conditions, inside


BOMB = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname>&c;</d:displayname></d:prop></d:propfind>'
)
OUTSIDE = (
    '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname>&x;</d:displayname></d:prop></d:propfind>'
)
HOSTILE = {
    "an entity bomb": (BOMB.encode(), "text/xml", {403}),
    "a file from outside": (OUTSIDE.encode(), "text/xml", {403}),
    "a bomb in UTF-16": (BOMB.encode("utf-16"), "text/xml", {403}),
    "too deep": (b"<a>" * 20_000, "text/xml", {400}),
    "deep and whole": (b"<a>" * 5_000 + b"</a>" * 5_000, "text/xml", {400}),
    "too large": (b"<a>" + b"x" * 1_100_000 + b"</a>", "text/xml", {413}),
    "no XML": (b"{}", "text/xml", {400}),
    "not even text": (bytes(range(256)), "text/xml", {400}),
    "another type": (b"{}", "application/json", {415}),
    "a form": (b"--x", "multipart/form-data; boundary=x", {415}),
    "another root": (b'<x xmlns="DAV:"/>', "text/xml", {400, 403}),
    "a name that is none": (
        f'<d:propfind {DECLARED}><d:prop><x:y xmlns:x="&quot;&gt;&lt;&#x10FFFF;"/></d:prop>'
        "</d:propfind>".encode(), "text/xml", {207, 400, 403},
    ),
}  # fmt: skip


def test_hostile_bodies_get_a_short_answer(desk: Desk, phone: Phone) -> None:
    for what, (body, kind, statuses) in HOSTILE.items():
        for method in ("PROPFIND", "REPORT", "PROPPATCH"):
            answer = phone(method, phone.at(desk.list), body, Content_Type=kind, Depth=0)
            assert answer.status_code in statuses, (what, method, answer.text[:300])
            assert len(answer.data) < 3000
            if answer.status_code == 207:
                Answer(answer)


def test_a_repeated_task_is_told_as_what_occurs(desk: Desk, phone: Phone) -> None:
    again, once = phone.at(desk.list, "again.ics"), phone.at(desk.list, "once.ics")
    repeated = task(
        "again", dtstart=";TZID=Europe/Berlin:20300112T120000",
        due=";TZID=Europe/Berlin:20300112T130000", rrule="FREQ=MONTHLY", x_foreign="kept",
    )  # fmt: skip
    other = "\r\n".join(
        ("BEGIN:VTODO", "UID:again", "SUMMARY:Another day",
         "RECURRENCE-ID;TZID=Europe/Berlin:20300212T120000", "DTSTART:20300213T100000Z",
         "DUE:20300213T110000Z", "END:VTODO", "END:VCALENDAR"),
    ).encode()  # fmt: skip
    assert phone.put(again, repeated.replace(b"END:VCALENDAR", other)).status_code == 201
    plain = task("once", dtstart="20300301T000000Z", due="20300302T000000Z")
    zone = (
        b"BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        b"RRULE:FREQ=YEARLY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
        b"END:VTIMEZONE\r\nBEGIN:VTODO"
    )
    named = plain.replace(b"BEGIN:VTODO", zone).replace(
        b"DTSTART:20300301T000000Z", b"DTSTART;TZID=Mine:20300301T010000"
    )
    assert phone.put(once, named).status_code == 201
    times = 'start="20300201T000000Z" end="20300401T000000Z"'
    answer = phone.query(
        phone.at(desk.list), f"<c:time-range {times}/>",
        f"<c:calendar-data><c:expand {times}/></c:calendar-data>",
    )  # fmt: skip
    assert set(answer.paths()) == {again, once}
    text = answer.text("c:calendar-data", again)
    told = [each for each in text.split("\r\n") if each.startswith(("RECUR", "DTSTART", "SUMM"))]
    assert sorted(told) == [
        "DTSTART:20300213T100000Z", "DTSTART:20300312T110000Z", "RECURRENCE-ID:20300212T110000Z",
        "RECURRENCE-ID:20300312T110000Z", "SUMMARY:A task", "SUMMARY:Another day",
    ]  # fmt: skip
    assert "RRULE" not in text
    assert text.count("X-FOREIGN:kept") == 1
    whole = phone("GET", once).text
    assert answer.text("c:calendar-data", once) == whole, "what occurs once is told as it is"
    whole = phone("GET", again).text
    for start, end, changed in (
        ("20300212T000000Z", "20300213T000000Z", 1),  # where it was
        ("20300213T103000Z", "20300214T000000Z", 1),  # where it is now
        ("20300213T110000Z", "20300401T000000Z", 0),  # when it is over
        ("20300101T000000Z", "20300212T110000Z", 0),  # before it
    ):
        limit = f'<c:limit-recurrence-set start="{start}" end="{end}"/>'
        told = phone.query(
            phone.at(desk.list), f"<c:time-range {times}/>",
            f"<c:calendar-data>{limit}</c:calendar-data>",
        ).text("c:calendar-data", again)  # fmt: skip
        assert told.count("RECURRENCE-ID") == changed, start
        assert "RRULE" in told
        assert (told == whole) == bool(changed), start


def test_people_find_themselves_only(desk: Desk, phone: Phone) -> None:
    search = (
        "<d:property-search><d:prop><d:displayname/></d:prop><d:match>{}</d:match>"
        "</d:property-search><d:prop><d:displayname/></d:prop>"
    )
    me = [f"/dav/principals/{phone.user.id}/"]
    for word, found in (("mara", me), (desk.colleague.name, []), ("", me)):
        answer = phone.report(
            "/dav/principals/", "d:principal-property-search", search.format(word)
        )
        assert answer.paths() == found
    which = search.removesuffix("<d:prop><d:displayname/></d:prop>").format("mara")
    beside = f"{which}<d:prop/><c:calendar-home-set/>"
    asked = phone.report("/dav/", "d:principal-property-search", beside)
    assert asked.text("c:calendar-home-set") == phone.home(), "named beside an empty prop"
    assert phone.report("/dav/principals/", "d:principal-search-property-set", "").status == 200
    nested = (
        '<d:property name="owner"><d:property name="displayname"/>'
        '<d:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav">'
        '<d:property name="resourcetype"/></d:property></d:property><d:property name="nothing"/>'
    )
    expanded = phone.report(phone.at(desk.list), "d:expand-property", nested, depth=0)
    assert "".join(expanded.value("d:owner").itertext("{DAV:}displayname")) == desk.agent.name
    assert phone.home() in "".join(expanded.value("d:owner").itertext("{DAV:}href"))
    refused = phone.report(phone.at(desk.list), "d:acl-principal-prop-set", "")
    assert "supported-report" in refused.conditions
