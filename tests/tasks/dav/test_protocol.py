"""What CalDAV promises: discovery, properties, privileges, preconditions."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from groupware import tokens
from groupware.models import Level, TokenKind, User
from groupware.web import programs
from modules.tasks import lists, tickets
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.tasks.dav.phone import Answer, Phone, conditions, task

ME = ("d:current-user-principal",)
Phones = Callable[[User], Phone]


def test_everybody_finds_themselves_from_wherever_they_begin(phone: Phone) -> None:
    me = f"/dav/principals/{phone.user.id}/"
    for path in ("/", "/principals/", "/dav/", "/dav", "/dav/calendars/"):
        answer = phone.propfind(path, *ME)
        assert answer.status == 207, path
        assert answer.text("d:current-user-principal") == me, path
        if path != "/":
            assert phone("GET", path).status_code == 200, path
    assert phone.propfind(me, "c:calendar-home-set").text("c:calendar-home-set") == phone.home()


def test_the_well_known_address_leads_there(app: Flask, phone: Phone) -> None:
    for method in ("GET", "PROPFIND"):
        answer = app.test_client().open("/.well-known/caldav", method=method)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/dav/")


def test_the_home_has_the_persons_lists_and_their_requests(desk: Desk, phone: Phone) -> None:
    desk.make.task_list(agents=[desk.colleague], name="Not theirs")
    gone = desk.make.task_list(agents=[desk.agent], archived=True)
    answer = phone.propfind(phone.home(), "d:resourcetype", "d:displayname", depth=1)
    assert answer.paths() == [phone.home(), phone.at(desk.list), phone.at(None)]
    assert answer.names_in("d:resourcetype", phone.at(desk.list)) == ["collection", "calendar"]
    assert answer.text("d:displayname", phone.at(desk.list)) == desk.list.name
    assert phone.propfind(phone.at(gone), *ME).status == 404


def test_what_lies_in_a_list_of_theirs_is_not_among_their_requests_too(
    desk: Desk, phone: Phone, session: Session
) -> None:
    desk.make.allow(desk.list.customer_acl, desk.agent, Level.CREATE)
    desk.make.allow(desk.location.acl, desk.agent, Level.READ)
    own = desk.ticket(customer=desk.agent)
    elsewhere = desk.make.ticket(customer=desk.agent)
    there, here = f"{own.uid}.ics", f"{elsewhere.uid}.ics"
    assert phone.sync(phone.at(None)).paths() == [phone.at(None, here)]
    assert phone.sync(phone.at(desk.list)).paths() == [phone.at(desk.list, there)]
    assert phone("GET", phone.at(None, there)).status_code == 404
    lists.archive(session, desk.manager, desk.list, now=desk.make.now)
    assert phone("GET", phone.at(None, there)).status_code == 200, "and is nowhere else now"


def test_a_list_says_what_it_is(desk: Desk, phone: Phone) -> None:
    names = (
        "c:supported-calendar-component-set", "d:owner", "d:supported-report-set", "cs:getctag",
        "d:sync-token", "c:max-resource-size", "d:nonsense", "c:supported-calendar-data",
    )  # fmt: skip
    answer = phone.propfind(phone.at(desk.list), *names)
    (kind,) = answer.value("c:supported-calendar-component-set")
    assert kind.get("name") == "VTODO"
    assert answer.text("d:owner") == f"/dav/principals/{phone.user.id}/"
    told = answer.names_in("d:supported-report-set")
    assert {"calendar-query", "calendar-multiget", "sync-collection"} <= set(told)
    assert answer.value("d:nonsense") is None
    assert b"404 Not Found" in answer.response.data
    minimal = phone("PROPFIND", phone.at(desk.list), Depth=0, Prefer="return=minimal")
    assert b"404 Not Found" not in minimal.data
    classes = phone("OPTIONS", phone.at(desk.list)).headers["DAV"]
    assert "calendar-access" in classes
    assert "calendar-auto-schedule" not in classes


def test_the_number_of_a_list_moves_with_changes_and_never_by_reading(
    desk: Desk, phone: Phone
) -> None:
    def ctag() -> str:
        return phone.propfind(phone.at(desk.list), "cs:getctag").text("cs:getctag")

    ticket, before = desk.ticket(), ctag()
    phone("GET", phone.of(ticket))
    phone.sync(phone.at(desk.list))
    assert ctag() == before
    desk.make.note(ticket, desk.agent)
    assert ctag() != before


def test_depth_is_nought_or_one(desk: Desk, phone: Phone) -> None:
    for depth in ("2", "x", "infinity"):
        answer = phone("PROPFIND", phone.at(desk.list), Depth=depth)
        assert answer.status_code == (403 if depth == "infinity" else 400), depth
    assert "propfind-finite-depth" in conditions(answer)


def test_what_cannot_be_done_is_said_by_status_and_header(desk: Desk, phone: Phone) -> None:
    gzip, calendar = {"Content-Encoding": "gzip"}, {"Content-Type": "text/calendar"}
    for method, name, headers, status, told in (
        ("LOCK", "t.ics", {}, 405, ("Allow", "PROPFIND")),
        ("POST", "", {}, 405, ("Allow", "REPORT")),
        ("SEARCH", "t.ics", {}, 405, ("Allow", "PROPFIND")),
        ("FOO", "", {}, 405, ("Allow", "PUT")),
        ("PUT", "", calendar, 405, ("Allow", "DELETE")),
        ("MKCALENDAR", "", {}, 405, ("Allow", "PROPFIND")),
        ("PUT", "t.ics", {**calendar, **gzip}, 415, ("Accept-Encoding", "identity")),
        ("MKCOL", "t.ics", {}, 403, None),
        ("MKCALENDAR", "within", {}, 403, None),
        ("PUT", "a%0Ab.ics", calendar, 403, ("Content-Type", "application/xml")),
        ("GET", "a%0Ab.ics", {}, 404, ("Content-Type", "application/xml")),
    ):
        answer = phone(method, phone.at(desk.list, name), task("t"), **headers)
        assert answer.status_code == status, (method, name)
        if told is None:
            assert "calendar-collection-location-ok" in conditions(answer)
        else:
            assert told[1] in answer.headers[told[0]], (method, name)
            assert method not in answer.headers.get("Allow", "").split(", ")
    assert phone("GET", phone.at(desk.list, "t.ics")).status_code == 404


def test_only_an_app_password_opens_it(
    desk: Desk, app: Flask, signed_in: SignedIn, phone: Phone, session: Session
) -> None:
    desk.ticket()
    path = f"/dav/calendars/{desk.agent.id}/{desk.list.id}/"
    for client in (app.test_client(), signed_in(desk.agent)):
        answer = client.open(path, method="PROPFIND")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.mimetype == "text/plain", "apps show no page"
    assert "Set-Cookie" not in app.test_client().open(path, method="PROPFIND").headers
    api = tokens.give(session, None, desk.agent, TokenKind.API, name="", now=desk.make.now)
    dav = tokens.give(session, None, desk.agent, TokenKind.DAV, name="", now=desk.make.now)
    session.commit()
    client = app.test_client()
    for user, secret, status in (
        (desk.agent.address.upper(), dav, 207),
        (desk.agent.address, api, 401),
        (desk.colleague.address, dav, 401),
        (desk.agent.address, "wrong", 401),
    ):
        assert client.open(path, method="PROPFIND", auth=(user, secret)).status_code == status
    tried = [
        client.open(path, method="PROPFIND", auth=(desk.agent.address, "x")).status_code
        for _ in range(programs.MOST_WRONG)
    ]
    assert tried[-1] == 429
    assert client.open(path, method="PROPFIND", auth=(desk.agent.address, dav)).status_code == 207
    desk.agent.credential_number += 1
    session.commit()
    assert client.open(path, method="PROPFIND", auth=(desk.agent.address, dav)).status_code in (
        401,
        429,
    )


def test_what_is_somebody_elses_is_not_there(desk: Desk, phone: Phone, phone_of: Phones) -> None:
    ticket = desk.ticket(subject="Zephyr")
    other = phone_of(desk.outsider)
    missing = other("GET", other.at(desk.list, "nothing.ics"))
    for path in (
        phone.of(ticket), other.of(ticket), phone.home(), f"/dav/principals/{desk.agent.id}/",
        phone.at(None), other.at(desk.list), other.at(desk.list, f"..%2F{ticket.uid}.ics"),
        f"{other.home()}{desk.list.id}%2F{ticket.uid}.ics", other.home() + "99999999999999/",
    ):  # fmt: skip
        for method in ("GET", "PROPFIND", "DELETE", "REPORT", "MOVE", "PROPPATCH"):
            answer = other(method, path, Depth=0)
            assert answer.status_code == 404, (method, path)
            assert answer.data == missing.data, (method, path)
        assert other.put(path, task(ticket.uid)).status_code == 404
    inside = f"<d:prop><c:calendar-data/></d:prop><d:href>{phone.of(ticket)}</d:href>"
    got = other.report(other.at(None), "c:calendar-multiget", inside)
    assert got.paths("404") == [phone.of(ticket)]
    assert b"Zephyr" not in got.response.data


LEVELS = {
    Level.READ: {"read"},
    Level.CREATE: {"read", "bind"},
    Level.WRITE: {"read", "bind", "write-content", "write-properties"},
    Level.DELETE: {"read", "bind", "write-content", "write-properties", "unbind", "write"},
}


@pytest.mark.parametrize("level", LEVELS)
def test_privileges_and_acts_agree(
    desk: Desk, phone_of: Phones, session: Session, level: Level
) -> None:
    phone, ticket = phone_of(desk.outsider), desk.ticket()
    desk.make.allow(desk.list.agent_acl, desk.outsider, level)
    listed = phone.propfind(phone.at(desk.list), "d:current-user-privilege-set")
    told = set(listed.names_in("d:current-user-privilege-set"))
    assert told - {"privilege", "read-current-user-privilege-set"} == LEVELS[level]

    def answers(answer: object, privilege: str, *well: int) -> None:
        status = answer.status_code  # type: ignore[attr-defined]
        if privilege in told:
            assert status in well, (privilege, status)
        else:
            assert status == 403, (privilege, status)
            assert "need-privileges" in conditions(answer)  # type: ignore[arg-type]

    answers(phone.put(phone.at(desk.list, "new.ics"), task("new")), "bind", 201)
    answers(phone.put(phone.of(ticket), task(ticket.uid, summary="New")), "write-content", 204)
    patch = (
        '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:displayname>Mine</d:displayname>'
        "</d:prop></d:set></d:propertyupdate>"
    )
    answers(phone("PROPPATCH", phone.at(desk.list), patch), "write-properties", 207)
    answers(phone("DELETE", phone.of(ticket)), "unbind", 204)
    session.refresh(ticket)
    assert (ticket.deleted_at is not None) == ("unbind" in told)


def test_how_a_list_looks_is_each_persons_own(desk: Desk, phone: Phone, phone_of: Phones) -> None:
    def patched(inside: str) -> Answer:
        body = (
            '<d:propertyupdate xmlns:d="DAV:" xmlns:i="http://apple.com/ns/ical/" '
            f'xmlns:c="urn:ietf:params:xml:ns:caldav">{inside}</d:propertyupdate>'
        )
        return Answer(phone("PROPPATCH", phone.at(desk.list), body))

    done = patched(
        "<d:set><d:prop><d:displayname>Büro &amp; mehr</d:displayname>"
        "<i:calendar-color>#FF0000FF</i:calendar-color></d:prop></d:set>"
    )
    assert b"200 OK" in done.response.data
    name = ("d:displayname",)
    assert phone.propfind(phone.at(desk.list), *name).text("d:displayname") == "Büro & mehr"
    other = phone_of(desk.colleague)
    assert other.propfind(other.at(desk.list), *name).text("d:displayname") == desk.list.name
    refused = patched(
        "<d:set><d:prop><d:displayname>Again</d:displayname><d:resourcetype/></d:prop></d:set>"
    )
    assert b"403 Forbidden" in refused.response.data
    assert b"424 Failed Dependency" in refused.response.data
    assert phone.propfind(phone.at(desk.list), *name).text("d:displayname") == "Büro & mehr"


def test_lists_are_made_and_archived_by_managers(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    assert phone("MKCALENDAR", phone.home() + "mine/").status_code == 403
    manager = phone_of(desk.manager)
    path = manager.home() + "new%20one/"
    body = (
        '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
        "<d:displayname>{}</d:displayname><c:supported-calendar-component-set>"
        '<c:comp name="{}"/></c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>'
    )
    assert manager("MKCALENDAR", path, body.format("x", "VEVENT")).status_code == 403
    assert manager("MKCALENDAR", path, body.format(desk.list.name, "VTODO")).status_code == 201
    assert manager("MKCALENDAR", path).status_code == 405
    made = session.scalars(lists_worked_by(desk.manager).order_by(TaskList.id.desc())).first()
    assert made is not None
    assert made.name == f"{desk.list.name} 2"
    assert manager.propfind(path, "d:displayname").paths() == [path]
    assert manager.put(path + "a.ics", task()).status_code == 201
    assert manager("DELETE", path).status_code == 204
    assert manager.propfind(path, "d:displayname").status == 404


def test_an_archived_list_and_a_lost_right_are_gone(
    desk: Desk, phone: Phone, session: Session
) -> None:
    desk.ticket()
    token = phone.sync(phone.at(desk.list)).token
    lists.archive(session, desk.manager, desk.list, now=desk.make.now)
    assert phone.sync(phone.at(desk.list), token).status == 404
    lists.restore(session, desk.manager, desk.list, now=desk.make.now)
    assert phone.sync(phone.at(desk.list), token).paths() == []
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.NONE)
    assert phone.sync(phone.at(desk.list), token).status == 404


def test_a_customer_reads_their_requests_and_nothing_of_the_agents(
    desk: Desk, phone: Phone, phone_of: Phones, session: Session
) -> None:
    ticket = desk.ticket(subject="Mine")
    desk.ticket(customer=desk.stranger, subject="Not mine")
    tickets.set_due(session, desk.agent, ticket, due=desk.make.later(), now=desk.make.now)
    lines = phone.lines(phone.of(ticket))
    assert (
        phone.put(
            phone.of(ticket),
            "\r\n".join(lines).replace("END:VTODO", "X-SECRET:quokka\r\nEND:VTODO").encode(),
        ).status_code
        == 204
    )
    customer = phone_of(desk.customer)
    path = customer.at(None, f"{ticket.uid}.ics")
    first = customer("GET", path)
    assert "SUMMARY:Mine" in first.text
    for secret in ("DUE", "quokka", "ATTENDEE", desk.agent.address, "REV"):
        assert secret not in first.text, secret
    token = customer.sync(customer.at(None)).token
    ctag = customer.propfind(customer.at(None), "cs:getctag").text("cs:getctag")
    desk.make.note(ticket, desk.agent, "It is the cable.")
    assert customer("GET", path).headers["ETag"] == first.headers["ETag"]
    assert customer.propfind(customer.at(None), "cs:getctag").text("cs:getctag") == ctag
    assert customer.sync(customer.at(None), token).paths() == []
    for text, found in (("Mine", 1), ("quokka", 0), ("cable", 0)):
        for name in ("SUMMARY", "X-SECRET", "DESCRIPTION", "COMMENT"):
            match = (
                f'<c:prop-filter name="{name}"><c:text-match>{text}</c:text-match></c:prop-filter>'
            )
            paths = customer.query(customer.at(None), match).paths()
            assert len(paths) == (found if name == "SUMMARY" else 0), (name, text)
    for answer in (
        customer.put(path, task(ticket.uid)), customer("DELETE", path),
        customer.put(customer.at(None, "n.ics"), task()),
        customer("MOVE", path, Destination=customer.at(None, "x.ics")),
    ):  # fmt: skip
        assert answer.status_code == 403
        assert "need-privileges" in conditions(answer)
    desk.make.reply(ticket, desk.agent)
    after = customer.sync(customer.at(None), token)
    assert after.paths() == [path]
    tickets.hand_to(session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    assert customer.sync(customer.at(None), after.token).paths("404") == [path]


def test_conditional_reading(desk: Desk, phone: Phone) -> None:
    ticket = desk.ticket()
    answer = phone("GET", phone.of(ticket))
    assert answer.headers["Content-Type"].startswith("text/calendar")
    etag = answer.headers["ETag"]
    for known in (etag, f"W/{etag}", etag.strip('"'), f'"x", {etag}', "*"):
        assert phone("GET", phone.of(ticket), If_None_Match=known).status_code == 304, known
    assert phone("GET", phone.of(ticket), If_None_Match=etag[:-2]).status_code == 200
    assert phone("HEAD", phone.of(ticket)).headers["ETag"] == etag
    assert phone("COPY", phone.of(ticket)).status_code == 403


def test_an_open_ticket_is_a_task_of_its_list(desk: Desk, phone: Phone) -> None:
    ticket = desk.ticket()
    answer = phone.propfind(phone.at(desk.list), "d:getetag", "d:getcontenttype", depth=1)
    assert answer.paths() == [phone.at(desk.list), phone.of(ticket)]
    assert answer.text("d:getcontenttype", phone.of(ticket)).startswith("text/calendar")
    assert (
        answer.text("d:getetag", phone.of(ticket)) == phone("GET", phone.of(ticket)).headers["ETag"]
    )


def test_notes_are_in_no_calendar(desk: Desk, phone: Phone) -> None:
    ticket = desk.ticket()
    desk.make.note(ticket, desk.agent, "Xylophone.")
    data = phone.query(phone.at(desk.list), "", "<c:calendar-data/>")
    assert b"BEGIN:VTODO" in data.response.data
    assert b"Xylophone" not in data.response.data
    match = '<c:prop-filter name="COMMENT"><c:text-match>Xylo</c:text-match></c:prop-filter>'
    assert phone.query(phone.at(desk.list), match).paths() == []
