"""Streams as browsers hold them: of a real server, over real sockets."""

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from groupware.live import hub, topics
from groupware.models import AclEntry, Level, User, WebSession
from modules.tasks import conversation
from modules.tasks.together import presence
from modules.tasks.together.models import Doing
from tests.conftest import SignedIn
from tests.core.serving import Served, served
from tests.factories import PASSWORD, Desk

SOON = 60.0


class Browser:
    """Cookies, and requests that wait no longer than a person would."""

    def __init__(self, server: Served, user: User) -> None:
        self.server, self.cookie = server, ""
        token = json.loads(self.ask("/csrf")[2])["csrf_token"]
        form = {"address": user.address, "password": PASSWORD, "csrf_token": token}
        assert self.ask("/login", form)[0] == 303

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, Any, bytes]:
        with self.connected() as connection:
            headers = {"Cookie": self.cookie, "Groupware-Poll": "1"}
            if form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                headers["Sec-Fetch-Site"] = "same-origin"
            method = "POST" if form is not None else "GET"
            connection.request(method, path, urlencode(form or {}), headers)
            answer = connection.getresponse()
            if cookie := answer.headers.get("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return answer.status, answer.headers, answer.read()

    @contextmanager
    def connected(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            yield connection
        finally:
            connection.close()


class Followed:
    """An event stream, read by a thread of its own."""

    def __init__(self, browser: Browser, wanted: str) -> None:
        port = browser.server.port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Cookie": browser.cookie, "Accept": "text/event-stream"}
        self.connection.request("GET", f"/live?topics={quote(wanted)}", headers=headers)
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.told: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._read)
        if self.status == 200:
            self.thread.start()

    def _read(self) -> None:
        try:
            while line := self.answer.readline():
                if line.startswith(b"data: "):
                    self.told += line[6:].decode().split()
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.over.set()

    def hears(self, topic: str) -> bool:
        latest = time.monotonic() + SOON
        while topic not in self.told and time.monotonic() < latest:
            time.sleep(0.05)
        return topic in self.told

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        if self.status == 200:
            self.thread.join()
        self.answer.close()
        self.connection.close()


Follow = Callable[[Browser, str], Followed]


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Opens streams, and closes them."""
    with ExitStack() as opened:

        def open_one(browser: Browser, wanted: str) -> Followed:
            stream = Followed(browser, wanted)
            opened.callback(stream.close)
            return stream

        yield open_one


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Served]:
    data = {"GROUPWARE_DATA": str(tmp_path / "data"), "GROUPWARE_DATABASE_URL": database_url}
    with served(data, "--workers", "1") as server:
        yield server


@pytest.mark.slow
def test_a_stream_says_what_changed_to_those_who_may_see_it_and_ends_with_its_session(
    server: Served, session: Session, desk: Desk, follow: Follow
) -> None:
    ticket, other = desk.ticket(), desk.ticket(customer=desk.stranger)
    session.commit()
    all_of_it = (
        f"list:{desk.list.id} ticket:{ticket.id} request:{ticket.id} presence:{desk.list.id} "
        f"together:{ticket.id} request:{other.id} ticket:{other.id} nonsense:1 ticket:x"
    )
    agent, customer = Browser(server, desk.agent), Browser(server, desk.customer)
    reader = Browser(server, desk.reader)
    theirs, own, readers = (
        follow(each, json.loads(each.ask(f"/live?topics={quote(all_of_it)}")[2])["topics"])
        for each in (agent, customer, reader)
    )
    assert own.answer.headers["X-Accel-Buffering"] == "no"

    conversation.note(session, desk.colleague, ticket, "Never to be seen.", now=desk.make.later())
    presence.say(session, desk.colleague, ticket, Doing.WRITING, now=desk.make.later())
    session.commit()
    assert theirs.hears(f"ticket:{ticket.id}")
    assert theirs.hears(f"list:{desk.list.id}")
    desk.make.reply(ticket, desk.agent)
    session.commit()
    assert own.hears(f"request:{ticket.id}")
    desk.make.reply(other, desk.agent)
    session.commit()
    assert theirs.hears(f"ticket:{other.id}")
    assert set(own.told) == {f"request:{ticket.id}"}, "a customer hears of what they can see"
    assert own.told.count(f"request:{ticket.id}") == 1, "a note is no news to a customer"

    assert readers.hears(f"ticket:{other.id}")  # the last of what there is
    readers.told.clear()
    entry = (AclEntry.acl_id == desk.list.agent_acl_id, AclEntry.level == Level.READ)
    session.execute(delete(AclEntry).where(*entry))
    session.commit()
    desk.make.reply(ticket, desk.agent)
    session.commit()
    assert theirs.hears(f"list:{desk.list.id}")
    time.sleep(0.5)
    assert readers.told == [], "who may no longer see the list hears nothing of it"

    session.execute(delete(WebSession).where(WebSession.user_id == desk.agent.id))
    session.commit()
    assert theirs.over.wait(SOON), "signed out is the end of the stream"
    desk.customer.active = False
    session.commit()
    assert own.over.wait(SOON), "and so is being switched off"

    server.process.send_signal(signal.SIGTERM)
    assert readers.over.wait(SOON)
    assert server.process.wait(timeout=90) == 0


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_beyond_the_cap_pages_ask_instead_and_others_are_answered(
    server: Served, session: Session, desk: Desk, follow: Follow
) -> None:
    ticket = desk.ticket()
    session.commit()
    streams = []
    while len(streams) < hub.MOST_STREAMS:
        browser = Browser(server, desk.agent)
        streams += [follow(browser, f"ticket:{ticket.id}") for _ in range(hub.MOST_OF_ONE)]
        assert follow(browser, f"ticket:{ticket.id}").status == 503, "nobody takes all the places"
    assert {stream.status for stream in streams} == {200}
    browser = Browser(server, desk.agent)
    beyond = follow(browser, f"ticket:{ticket.id}")
    assert (beyond.status, beyond.answer.headers["Retry-After"]) == (503, "20")
    assert browser.ask("/support")[0] == 200

    status, _, body = browser.ask(f"/live?topics=ticket:{ticket.id}")
    stood = json.loads(body)["topics"]
    assert (status, json.loads(body)["changed"]) == (200, [])
    assert browser.ask(f"/live?topics={quote(stood)}")[0] == 204
    desk.make.reply(ticket, desk.agent)
    session.commit()
    status, _, body = browser.ask(f"/live?topics={quote(stood)}")
    assert (status, json.loads(body)["changed"]) == (200, [f"ticket:{ticket.id}"])

    for stream in streams:
        stream.close()
    server.until(lambda: follow(browser, f"ticket:{ticket.id}").status == 200)


def test_only_who_is_signed_in_may_ask(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    assert signed_in(None).get(f"/live?topics=ticket:{ticket.id}").status_code == 302
    for person, seen in ((desk.agent, True), (desk.outsider, False), (desk.customer, False)):
        answer = signed_in(person).get(f"/live?topics=ticket:{ticket.id}+list:{desk.list.id}")
        told = answer.get_json()["topics"] if answer.status_code == 200 else ""
        assert (f"ticket:{ticket.id}=" in told, f"list:{desk.list.id}=" in told) == (seen, seen)


def test_what_a_page_asks_for_is_read_with_care() -> None:
    assert topics.read("a:1=x=y b:2 c:3 a:0 a:-1 a: a :1 a:1.5", ["a", "b"]) == {
        ("a", 1): "x=y",
        ("b", 2): None,
    }
    assert len(topics.read(" ".join(f"a:{n}" for n in range(1, 999)), ["a"])) == topics.MOST
