"""Feeds: what a view finds at a secret address, by the rights of that moment, and never a note."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware import people, tokens
from groupware.models import Level, TokenKind, User
from modules.tasks import saved_views, tickets
from modules.tasks.feeds import contents
from modules.tasks.models import State
from modules.tasks.queue.filters import Filters
from tests.conftest import SignedIn
from tests.factories import NOON, Desk

Read = Callable[..., TestResponse]
SECRET = re.compile(r"/calendar/([\w-]{40,})\.ics")


@pytest.fixture
def read(app: Flask, session: Session) -> Read:
    """A calendar, which knows an address and nothing else."""

    def reading(secret: str, query: str = "", method: str = "GET", **headers: str) -> TestResponse:
        session.commit()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/calendar/{secret}.ics{query}"
        answer = app.test_client().open(path, method=method, headers=sent, buffered=True)
        session.expire_all()
        return answer

    return reading


def feed(session: Session, user: User, value: str) -> str:
    return contents.give(session, user, value, now=NOON)[1]


def subjects(answer: TestResponse, kind: str = "VTODO") -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(str(each["SUMMARY"]) for each in Calendar.from_ical(answer.text).walk(kind))


def test_each_feed_has_what_its_person_finds_there(
    desk: Desk, session: Session, read: Read
) -> None:
    mine, other = desk.ticket(subject="Mine"), desk.ticket(subject="Colleague's")
    desk.ticket(subject="Nobody's")
    done = desk.ticket(subject="Done")
    now = desk.make.later()
    tickets.assign(session, desk.agent, mine, to=desk.agent, now=now)
    tickets.assign(session, desk.agent, other, to=desk.colleague, now=now)
    tickets.change_state(session, desk.agent, done, State.RESOLVED, now=now)
    elsewhere = desk.make.task_list(name="Elsewhere", customers=[desk.stranger])
    desk.make.ticket(task_list=elsewhere, customer=desk.stranger, subject="Not theirs")
    wish = saved_views.Wish("Done ones", Filters.read({"state": "resolved"}))
    view = saved_views.save(session, desk.agent, wish, now=NOON)
    expected = {
        "mine": ["Mine"],
        "unassigned": ["Nobody's"],
        "open": ["Colleague's", "Mine", "Nobody's"],
        "": ["Colleague's", "Mine", "Nobody's"],
        f"view:{view.id}": ["Done"],
    }
    found = {value: subjects(read(feed(session, desk.agent, value))) for value in expected}
    assert found == expected
    assert subjects(read(feed(session, desk.customer, "requests"))) == [
        "Colleague's", "Mine", "Nobody's",
    ]  # fmt: skip
    assert subjects(read(feed(session, desk.stranger, "requests"))) == ["Not theirs"]
    # A secret that the command line gave out is bound to nothing.
    bare = tokens.give(session, None, desk.agent, TokenKind.FEED, name="", now=NOON)
    assert subjects(read(bare)) == expected["open"]


def test_a_feed_names_the_desk_and_nobody_else_and_has_no_note(
    desk: Desk, session: Session, read: Read
) -> None:
    ticket = desk.ticket(subject="It, crashes")
    desk.make.note(ticket, desk.agent, "The SECRET note")
    now = desk.make.later()
    tickets.assign(session, desk.agent, ticket, to=desk.agent, now=now)
    due = datetime(2026, 7, 1, 13, 0, tzinfo=UTC)
    tickets.set_due(session, desk.agent, ticket, due=due, zone="Europe/Berlin", now=now)
    ticket.kept_calendar = (
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nX-SECRET:foreign\nEND:VTODO\nEND:VCALENDAR"
    )
    secret = feed(session, desk.agent, "mine")
    found: Any
    for query, kind in (("", "VTODO"), ("?as=events", "VEVENT")):
        answer = read(secret, query)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        (found,) = Calendar.from_ical(answer.text).walk(kind)
        assert str(found["ORGANIZER"]) == "mailto:noreply@localhost"
        assert "ATTENDEE" not in found
        assert found["URL"] == f"http://localhost/support/tickets/{ticket.id}"
        for word in ("SECRET", desk.agent.address, desk.customer.address):
            assert word not in answer.text.replace("\r\n ", ""), word
        begins = found["DUE" if kind == "VTODO" else "DTSTART"].dt
        assert begins.isoformat() == "2026-07-01T15:00:00+02:00"
    # What falls due is not for customers to know.
    assert subjects(read(feed(session, desk.customer, "requests"), "?as=events"), "VEVENT") == []
    assert "DUE" not in read(feed(session, desk.customer, "requests")).text


def test_what_has_not_changed_is_not_written_again(
    desk: Desk, session: Session, read: Read
) -> None:
    ticket, secret = desk.ticket(), feed(session, desk.agent, "open")
    first = read(secret)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-store"
    assert read(secret, method="HEAD").headers["ETag"] == etag
    for sent in (etag, f"W/{etag}", f'"other", {etag}'):
        again = read(secret, If_None_Match=sent)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert read(secret, "?as=events", If_None_Match=etag).status_code == 200
    tickets.edit(
        session, desk.agent, ticket, subject="New words", details="More", now=desk.make.later()
    )
    changed = read(secret, If_None_Match=etag)
    assert subjects(changed) == ["New words"]
    assert changed.headers["ETag"] != etag


def test_a_feed_ends_with_the_right_to_it(
    desk: Desk, session: Session, read: Read, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    desk.ticket(subject="Seen")
    wish = saved_views.Wish("All", Filters())
    view = saved_views.save(session, desk.colleague, wish, now=NOON)
    group = people.personal_group(session, desk.agent).id
    saved_views.share(session, desk.colleague, view, {group: Level.READ}, now=NOON)
    shared, own = feed(session, desk.agent, f"view:{view.id}"), feed(session, desk.agent, "open")
    assert subjects(read(shared)) == subjects(read(own)) == ["Seen"]
    with caplog.at_level(logging.DEBUG, "groupware.access"):
        wrong = read("x" * 43)
        read(own)
    assert own not in caplog.text
    assert "/calendar/***.ics" in caplog.text
    session.commit()
    client = app.test_client()
    nothing, no_feed = client.get("/nothing/here"), client.get(f"/calendar/{'x' * 43}.ics")
    assert wrong.status_code == nothing.status_code == 404
    assert no_feed.data == nothing.data

    saved_views.share(session, desk.colleague, view, {group: Level.NONE}, now=NOON)
    assert read(shared).status_code == 404
    for entry in desk.list.agent_acl.entries:
        if entry.group_id == group:
            entry.level = Level.NONE
    session.commit()
    assert subjects(read(own)) == []
    token = tokens.of(session, desk.agent, TokenKind.FEED)[0]
    tokens.revoke(session, desk.agent, desk.agent, token.id, now=NOON)
    assert read(own).status_code == 404
    customers = feed(session, desk.customer, "requests")
    dav = tokens.give(session, None, desk.customer, TokenKind.DAV, name="x", now=NOON)
    assert read(dav).status_code == 404
    assert subjects(read(customers)) == ["Seen"]
    desk.customer.active = False
    assert read(customers).status_code == 404


def test_no_cookie_helps_or_is_set(desk: Desk, session: Session, signed_in: SignedIn) -> None:
    browser = signed_in(desk.agent)
    assert browser.get(f"/calendar/{'x' * 43}.ics").status_code == 404
    secret = feed(session, desk.customer, "requests")
    session.commit()
    answer = browser.get(f"/calendar/{secret}.ics")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_addresses_are_made_on_a_page_shown_once_and_revoked_there(
    desk: Desk, session: Session, signed_in: SignedIn, read: Read
) -> None:
    desk.ticket(subject="Seen")
    wish = saved_views.Wish("<All> of them", Filters())
    view = saved_views.save(session, desk.agent, wish, now=NOON)
    session.commit()
    browser: Any = signed_in(desk.agent)
    theirs: Any = signed_in(desk.customer)
    value = f"view:{view.id}"
    assert f"/profile/feeds?feed={value}" in browser.get(f"/support/views/{view.id}").text
    chosen = browser.get(f"/profile/feeds?feed={value}").text
    assert re.search(rf'<input[^>]*checked[^>]*value="{value}"|value="{value}"[^>]*checked', chosen)
    made = browser.send("/profile/feeds", feed=value)
    assert made.status_code == 201
    (secret,) = set(SECRET.findall(made.text))
    assert f"{secret}.ics?as=events" in made.text
    assert subjects(read(secret)) == ["Seen"]
    assert secret not in browser.get("/profile/feeds").text
    assert browser.send("/profile/feeds", feed="view:999").status_code == 422
    token = tokens.of(session, desk.agent, TokenKind.FEED)[0]
    session.commit()
    browser.send(f"/profile/feeds/{token.id}/revocation")
    assert read(secret).status_code == 404

    answer = theirs.get("/profile/feeds").text
    assert "My requests" in answer
    assert "Unassigned" not in answer
    assert theirs.send("/profile/feeds", feed="open").status_code == 422
    assert theirs.send("/profile/feeds", feed=value).status_code == 422


def test_a_feed_is_bounded(
    desk: Desk, session: Session, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST", 2)
    for number in range(3):
        desk.ticket(subject=f"No. {number}")
    assert subjects(read(feed(session, desk.agent, "open"))) == ["No. 1", "No. 2"]
