"""Webhooks: noted with their cause, signed, tried again, and silent about notes."""

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.errors import Forbidden, Invalid
from groupware.models import Delivery
from groupware.outgoing_http import NOT_ALLOWED
from groupware.sealed import Seal
from modules.tasks import tickets
from modules.tasks.models import State
from modules.tasks.webhooks import keeping
from modules.tasks.webhooks.models import Webhook, WebhookDelivery
from modules.tasks.webhooks.sending import MOST_TRIES, send_due
from tests.factories import NOON, Desk

SEAL = Seal("k" * 64)
OPEN = "93.184.215.14"


def kept(
    desk: Desk, wanted: Any = (), url: str = "https://hooks.example/in"
) -> tuple[Webhook, str]:
    return keeping.create(
        desk.session, desk.manager, url=url, wanted=wanted, seal=SEAL,
        resolve=lambda _host, _port: [OPEN], now=NOON,
    )  # fmt: skip


class Receiver(BaseHTTPRequestHandler):
    status = 200
    heard: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.heard, Receiver.status = [], 200
    with socketserver.TCPServer(("127.0.0.1", 0), Receiver) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/in"
        serving.shutdown()
        thread.join()


def test_only_managers_keep_them_and_only_for_the_open_internet(desk: Desk) -> None:
    for who in (desk.customer, desk.agent):
        with pytest.raises(Forbidden):
            keeping.create(desk.session, who, url="https://h.example/", seal=SEAL, now=NOON)
    with pytest.raises(Invalid, match="not allowed"):
        keeping.create(desk.session, desk.manager, url="http://127.0.0.1/", seal=SEAL, now=NOON)
    with pytest.raises(Invalid):
        kept(desk, wanted=["note.added"])
    hook, secret = kept(desk)
    assert secret not in hook.sealed_secret


def test_what_happens_is_noted_and_of_notes_nothing(desk: Desk) -> None:
    kept(desk)
    some, _ = kept(desk, wanted=["ticket.resolved"])
    ticket = desk.ticket(subject="Printer")
    desk.make.note(ticket, desk.agent, body="Xylophone")
    desk.make.reply(ticket, desk.agent, body="Quixotic")
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    desk.session.flush()
    rows = desk.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    names = [row.event for row in rows if row.webhook_id != some.id]
    assert names[:2] == ["ticket.filed", "ticket.replied"]
    assert names[-1] == "ticket.resolved"
    assert [row.event for row in rows if row.webhook_id == some.id] == ["ticket.resolved"]
    told = "".join(row.body for row in rows)
    assert "Xylophone" not in told
    assert "Quixotic" not in told
    assert json.loads(rows[0].body)["ticket"]["subject"] == "Printer"


def test_a_delivery_is_signed_and_sent_once(
    desk: Desk, session: Session, database: Database, receiver: str
) -> None:
    hook, secret = kept(desk)
    hook.url = receiver
    desk.ticket()
    session.commit()
    now = desk.make.later()
    for expected in (1, 0):
        assert send_due(database, SEAL, lambda: now, loopback=True) == expected
    [(headers, body)] = Receiver.heard
    seconds, _, mac = headers["Webhook-Signature"].removeprefix("t=").partition(",v1=")
    wanted = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert mac == wanted
    assert int(seconds) == int(now.timestamp())
    session.expire_all()
    sent = session.scalars(select(WebhookDelivery)).one()
    assert (sent.state, sent.answered, headers["Webhook-Id"]) == ("sent", 200, str(sent.id))
    keeping.replay(session, desk.manager, sent, now=now)
    session.commit()
    assert send_due(database, SEAL, lambda: now, loopback=True) == 1
    assert Receiver.heard[1][0]["Webhook-Id"] == str(sent.id)


def test_what_is_refused_is_tried_again_and_given_up_at_last(
    desk: Desk, session: Session, database: Database, receiver: str
) -> None:
    hook, _ = kept(desk)
    hook.url, Receiver.status = receiver, 503
    desk.ticket()
    session.commit()
    now = desk.make.later()
    for tries in range(1, MOST_TRIES + 1):
        assert send_due(database, SEAL, lambda: now, loopback=True) == 1  # noqa: B023
        assert send_due(database, SEAL, lambda: now, loopback=True) == 0  # noqa: B023
        now += timedelta(minutes=2**tries)
    session.expire_all()
    given_up = session.scalars(select(WebhookDelivery)).one()
    assert (given_up.state, given_up.tries) == (Delivery.FAILED, MOST_TRIES)
    assert given_up.error == "It answered 503."


def test_who_does_not_answer_is_asked_once_a_round(
    desk: Desk, session: Session, database: Database, receiver: str
) -> None:
    silent, _ = kept(desk)
    for _ in range(3):
        desk.ticket()
    well, _ = kept(desk)
    well.url = receiver
    desk.ticket()
    session.commit()
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        if host == "hooks.example":
            raise TimeoutError
        return [host]

    now = desk.make.later()
    assert send_due(database, SEAL, lambda: now, resolve=resolve, loopback=True) == 5
    assert asked.count("hooks.example") == 1
    assert len(Receiver.heard) == 1
    session.expire_all()
    waiting = select(WebhookDelivery).where(WebhookDelivery.webhook_id == silent.id)
    rows = session.scalars(waiting).all()
    assert {(row.state, row.tries, row.error) for row in rows} == {
        (Delivery.WAITING, 1, NOT_ALLOWED)
    }


def test_an_address_that_leads_inside_later_is_not_called(
    desk: Desk, session: Session, database: Database, receiver: str
) -> None:
    hook, _ = kept(desk)
    hook.url = receiver  # as if its name led to this machine by now
    desk.ticket()
    session.commit()
    now = desk.make.later()
    assert send_due(database, SEAL, lambda: now) == 1
    session.expire_all()
    assert session.scalars(select(WebhookDelivery.error)).one() == NOT_ALLOWED
    assert Receiver.heard == []
