"""Through real servers: in by Postfix, by LMTP or a mailbox that is watched; out by Postfix, and back.

customer -> Postfix -> Dovecot -> IDLE -> ticket -> reply -> Postfix -> Dovecot -> customer
customer -> Postfix -> LMTP -> ticket;  Postfix -> its report -> LMTP -> that delivery failed
"""

import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
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
from groupware.mailboxes.fetching import Fetchers
from groupware.mailboxes.lmtp import Handler, Receiver
from groupware.mailboxes.models import Mailbox, Protocol, Tls
from groupware.mailboxes.processing import Mailroom
from groupware.mailboxes.sending import Post
from groupware.models import Delivery, OutboundMail
from groupware.sealed import Seal
from modules.tasks import conversation, tickets
from modules.tasks.letters import composing, delivery
from modules.tasks.models import Comment, Task
from tests import mailservers
from tests.factories import Desk
from tests.letters.office import mailbox
from tests.ports import free_port

DESK = "support@desk.example"  # brought by LMTP
WATCHED = "support@watched.example"  # fetched by IMAP


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
        end = time.monotonic() + 180
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
        end = time.monotonic() + 180
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

    def write(
        self, sender: str, to: str, subject: str, body: str, envelope: str = "", **headers: str
    ) -> None:
        """A customer writes, by their own provider; `envelope`: to whom it goes in truth."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Message-ID"] = f"<{time.time_ns()}@maple.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.relay.smtp) as smtp:
            smtp.send_message(message, sender, [envelope or to])


@dataclass
class Servers:
    """Postfix, the mailboxes behind it, and the port at which it looks for our LMTP."""

    relay: mailservers.Postfix
    homes: mailservers.Dovecot
    lmtp: int


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    port = free_port()
    with mailservers.dovecot() as homes:
        home = f"lmtp:inet:127.0.0.1:{homes.lmtp}"
        led = f"transport_maps = inline:{{maple.example={home} watched.example={home}}}"
        with mailservers.postfix(
            transport=f"lmtp:inet:127.0.0.1:{port}",
            domain=f"desk.example maple.example watched.example\n{led}",
        ) as relay:
            yield Servers(relay, homes, port)


@pytest.fixture
def world(servers: Servers, database: Database, desk: Desk, settings: Settings) -> Iterator[World]:
    room = Mailroom(database, store_at(settings.blob_url), Marks(settings.secret_key))
    listener = Listener(Handler(room, lambda: None), hostname="127.0.0.1", port=servers.lmtp)
    listener.start()
    try:
        yield World(desk, room, settings, servers.relay, servers.homes)
    finally:
        listener.stop()


def box_of(world: World, address: str, **values: Any) -> Mailbox:
    """A mailbox whose mail goes out by the real server."""
    desk, out = world.desk, {"smtp_host": "127.0.0.1", "smtp_port": world.relay.smtp}
    box: Mailbox = mailbox(desk.session, desk.list, address, smtp_tls=Tls.PLAIN, **out, **values)
    desk.list.location_required = False
    desk.session.commit()
    return box


needs = pytest.mark.skipif(
    not (mailservers.postfix_is_here() and mailservers.dovecot_is_here()),
    reason="Postfix and Dovecot are not installed, or this is not root",
)


@needs
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_watched_mailbox_makes_a_ticket_and_its_answers_find_it_and_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groupware.mailboxes.imap.SLICE", 0.3)
    desk, seal = world.desk, Seal(world.settings.secret_key)
    desk.agent.addresses[0].address = "mara@desk.example"  # nobody's mailbox here
    box_of(
        world, WATCHED, protocol=Protocol.IMAP, host="127.0.0.1", port=world.homes.imap,
        tls=Tls.PLAIN, user="support", sealed_secret=seal.close(mailservers.PASSWORD),
    )  # fmt: skip
    customer, other = desk.customer.address, desk.stranger.address
    fetchers = Fetchers(world.room.database, world.room.store, seal, lambda: None)
    fetchers.look()
    try:
        # Bcc: the desk stands in the envelope alone, and who stands in To and Cc gets no part.
        world.write(customer, "boss@maple.example", "Printer", "It burns.", WATCHED, Cc=other)
        ticket: Task = world.take_in(lambda: desk.session.scalar(select(Task)))
        assert ticket.customer is desk.customer
        conversation.note(desk.session, desk.agent, ticket, "SECRET", now=utc_now())
        conversation.reply(desk.session, desk.agent, ticket, "Out, **out**.", now=utc_now())
        world.send_out()
        (got,) = world.inbox(customer, about="Re:")
        assert got["Return-Path"].startswith("<support+b")
        body = got.get_body(("plain",))
        assert body is not None
        assert "Out, **out**." in body.get_content()
        answer, ours = str(got["Reply-To"]), str(got["Message-ID"])
        # One mail to the desk and to somebody beside it.
        both = {"to": f"{answer}, {other}", "envelope": answer, "In_Reply_To": ours}
        world.write(customer, subject="Re: Printer", body="Thank you.", **both)
        said = select(Comment.body).where(Comment.task_id == ticket.id).order_by(Comment.id.desc())
        world.take_in(lambda: desk.session.scalar(said) == "Thank you.")
        # Somebody else is the customer now: who was it before gets nothing more, nor in.
        tickets.hand_to(desk.session, desk.agent, ticket, desk.stranger, now=utc_now())
        conversation.reply(desk.session, desk.agent, ticket, "Hello Greta.", now=utc_now())
        world.send_out()
        (theirs,) = world.inbox(other, about="Re:")
        world.write(customer, answer, "Re: Printer", "And me?", In_Reply_To=ours)
        world.take_in(lambda: len(desk.session.scalars(select(Task)).all()) == 2)
    finally:
        fetchers.stop()
        for thread in fetchers._threads.values():
            thread.join(20)
    assert desk.session.scalar(said) == "Hello Greta."
    assert len(world.inbox(customer, about="Re:")) == 1
    assert "Thank you" not in theirs.as_string()
    for mine, them in ((customer, other), (other, customer)):
        for each in world.inbox(mine):
            assert each["Bcc"] is None
            assert "SECRET" not in each.as_string()
            assert them not in each.as_string()


@needs
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_real_report_on_an_unknown_address_marks_that_delivery_failed(world: World) -> None:
    desk = world.desk
    box_of(world, DESK)
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
