"""Through real servers: in by Postfix, out by Postfix into a real mailbox, and back again."""

import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from groupware import outbox
from groupware.blobs import store_at
from groupware.config import Settings
from groupware.database import Database, utc_now
from groupware.mail.ids import Marks
from groupware.mailboxes import processing
from groupware.mailboxes.lmtp import Handler, Receiver
from groupware.mailboxes.models import Mailbox, Tls
from groupware.mailboxes.processing import Mailroom
from groupware.mailboxes.sending import Post
from groupware.models import Delivery, OutboundMail
from modules.tasks import conversation
from modules.tasks.letters import composing, delivery
from modules.tasks.models import Comment, Task
from tests import mailservers
from tests.factories import Desk
from tests.letters.office import mailbox

DESK = "support@desk.example"


class Listener(Controller):
    """Our LMTP listener, as the command runs it."""

    def factory(self) -> Any:
        return Receiver(self.handler, enable_SMTPUTF8=True, hostname="groupware")


@dataclass
class World:
    """A desk between two real servers."""

    desk: Desk
    room: Mailroom
    settings: Settings
    relay: mailservers.Postfix
    homes: mailservers.Dovecot

    def send_out(self) -> None:
        """What the worker does once the ten seconds are over."""
        self.desk.session.commit()

        def later() -> Any:
            return utc_now() + timedelta(seconds=11)

        outbox.write(self.room.database, composing.writers(self.settings), later)
        Post(self.settings, self.room.database, self.room.store).sweep(later)

    def take_in(self, until: Callable[[], object]) -> Any:
        """Process what comes in until something is there."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            self.desk.session.commit()
            processing.sweep(self.room, utc_now, until=lambda: False)
            self.desk.session.expire_all()
            if found := until():
                return found
            self.desk.session.commit()
            time.sleep(0.1)
        raise AssertionError((self.relay.home / "log").read_text(errors="replace"))

    def inbox(self, user: str, number: int = 1, about: str = "") -> list[EmailMessage]:
        """The mails in somebody's real mailbox whose subject begins so, once there are so many."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            files = sorted(self.homes.maildir(user).glob("new/*"))
            mails = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in files]
            if (
                len(wanted := [each for each in mails if each["Subject"].startswith(about)])
                >= number
            ):
                return wanted
            time.sleep(0.1)
        raise AssertionError((self.relay.home / "log").read_text(errors="replace"))

    def write(self, sender: str, to: str, subject: str, body: str, **headers: str) -> None:
        """A customer writes, by their own provider."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Message-ID"] = f"<{time.time_ns()}@maple.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.relay.smtp) as smtp:
            smtp.send_message(message, sender, [to])


@pytest.fixture
def world(database: Database, desk: Desk, settings: Settings, tmp_path: Path) -> Iterator[World]:
    room = Mailroom(database, store_at(settings.blob_url), Marks(settings.secret_key))
    port = mailservers.free_port()
    listener = Listener(Handler(room, lambda: None), hostname="127.0.0.1", port=port)
    listener.start()
    try:
        with mailservers.dovecot() as homes:
            led = f"transport_maps = inline:{{maple.example=lmtp:inet:127.0.0.1:{homes.lmtp}}}"
            with mailservers.postfix(
                transport=f"lmtp:inet:127.0.0.1:{port}",
                domain=f"desk.example maple.example\n{led}",
            ) as relay:
                box: Mailbox = mailbox(desk.session, desk.list, DESK)
                box.smtp_host, box.smtp_port, box.smtp_tls = "127.0.0.1", relay.smtp, Tls.PLAIN
                desk.session.commit()
                yield World(desk, room, settings, relay, homes)
    finally:
        listener.stop()


needs = pytest.mark.skipif(
    not (mailservers.postfix_is_here() and mailservers.dovecot_is_here()),
    reason="Postfix and Dovecot are not installed, or this is not root",
)


@needs
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mail_its_answer_and_the_answer_to_that_are_one_ticket(world: World) -> None:
    desk, customer = world.desk, world.desk.customer.address
    desk.list.location_required = False
    world.write(customer, DESK, "Printer", "It is on fire.")
    ticket: Task = world.take_in(lambda: desk.session.scalar(select(Task)))
    assert ticket.customer is desk.customer
    conversation.reply(desk.session, desk.agent, ticket, "Out, **out**.", now=utc_now())
    world.send_out()
    (got,) = world.inbox(customer, about="Re:")
    assert got["Return-Path"].startswith("<support+b")
    assert got["In-Reply-To"]
    body = got.get_body(("plain",))
    assert body is not None
    assert "Out, **out**." in body.get_content()
    world.write(
        customer, str(got["Reply-To"]), "Re: Printer", "Thank you.",
        In_Reply_To=str(got["Message-ID"]),
    )  # fmt: skip
    said = select(Comment.body).where(Comment.task_id == ticket.id).order_by(Comment.id.desc())
    world.take_in(lambda: desk.session.scalar(said) == "Thank you.")
    assert len(desk.session.scalars(select(Task)).all()) == 1


@needs
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_real_report_on_an_unknown_address_marks_that_delivery_failed(world: World) -> None:
    desk = world.desk
    desk.customer.addresses[0].address = "nobody@desk.example"
    ticket = desk.ticket()
    comment = conversation.reply(desk.session, desk.agent, ticket, "Hello?", now=utc_now())
    world.send_out()
    states = select(OutboundMail.state)
    assert desk.session.scalar(states) == Delivery.SENT
    world.take_in(lambda: desk.session.scalar(states) == Delivery.FAILED)
    told = delivery.of_replies(desk.session, [comment.id])[comment.id]
    assert told.trouble
    assert "(5." in told.open[0].error
    assert len(desk.session.scalars(select(Task)).all()) == 1, "a report is no request"
