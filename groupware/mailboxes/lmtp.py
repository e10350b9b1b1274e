"""`groupware mail lmtp`: a mail server hands mail over by LMTP (RFC 2033).

Each recipient gets an answer of its own: 250 once the mail is committed to the journal, 451
where it could not be, 550 where no mailbox has that address.
"""

import argparse
import asyncio
import logging
import signal
from collections.abc import Callable
from typing import Any

from aiosmtpd.lmtp import LMTP
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from groupware import config, logs
from groupware.database import Database, utc_now
from groupware.errors import Invalid
from groupware.mail.ids import unmarked
from groupware.mailboxes import arrivals
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.models import Mailbox
from groupware.mailboxes.processing import INCOMING, Mailroom
from groupware.mailboxes.rooms import room_of
from groupware.people import folded
from groupware.queue import Queue

log = logging.getLogger(__name__)

LARGEST = 100 * 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024

TAKEN = "250 2.0.0 {} journalled"
UNKNOWN = "550 5.1.1 {} is no mailbox here"
LATER = "451 4.3.0 {} cannot be journalled now"


class Receiver(LMTP):
    """aiosmtpd's LMTP; its limit on lines is 1,001 bytes, which real mails exceed."""

    line_length_limit = LONGEST_LINE


class Handler:
    """What happens with what arrives."""

    def __init__(self, room: Mailroom, wake: Callable[[], object]) -> None:
        self.room, self.wake = room, wake

    async def handle_RCPT(  # noqa: N802  # named by aiosmtpd
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        try:
            known = await asyncio.to_thread(self._known, address)
        except SQLAlchemyError:
            return LATER.format(f"<{address}>")
        if not known:
            return UNKNOWN.format(f"<{address}>")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        sender = envelope.mail_from or ""
        raw = f"Return-Path: <{sender}>\r\n".encode("utf-8", "replace") + envelope.original_content
        answers = []
        for recipient in envelope.rcpt_tos:
            try:
                await asyncio.to_thread(self.journal, raw, recipient)
                answers.append(TAKEN.format(f"<{recipient}>"))
            except (SQLAlchemyError, OSError) as failure:
                log.warning("mail for %s could not be journalled: %s", recipient, failure)
                answers.append(LATER.format(f"<{recipient}>"))
        self.wake()
        return "\r\n".join(answers)

    async def handle_exception(self, error: Exception) -> str:
        log.error("LMTP: %s", error, exc_info=error)
        return "451 4.3.0 this could not be done now"

    def journal(self, raw: bytes, recipient: str) -> None:
        """Store and journal; when this returns, it is committed."""
        arrived = [Arrived(raw, recipient=folded(recipient))]
        blobs = arrivals.store(self.room.store, arrived)
        with self.room.database.writing() as session:
            mailbox = mailbox_for(session, recipient)
            if mailbox is None:
                raise OSError("the mailbox has just gone")
            arrivals.journal(session, mailbox, arrived, blobs, now=utc_now())

    def _known(self, address: str) -> bool:
        with self.room.database.reading() as session:
            return mailbox_for(session, address) is not None


def mailbox_for(session: Session, recipient: str) -> Mailbox | None:
    """The mailbox of an address, with or without a mark after a plus, or of one of its aliases."""
    wanted = {folded(recipient), unmarked(folded(recipient))}
    for mailbox in session.scalars(select(Mailbox).order_by(Mailbox.id)):
        if wanted & {mailbox.address, *(folded(each) for each in mailbox.aliases.split())}:
            return mailbox
    return None


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", default="127.0.0.1:2424", metavar="HOST:PORT")
    parser.set_defaults(act=run)


def run(options: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT."""
    host, _, port = options.bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Invalid("--bind: is not like 127.0.0.1:2424.")
    settings = config.read()
    logs.configure(settings)
    with Database(settings.database_url) as database:
        queue = Queue(settings.queue_url)
        handler = Handler(room_of(settings, database), lambda: queue.wake(INCOMING))
        asyncio.run(_listen(handler, host.strip("[]"), int(port)))
    return 0


async def _listen(handler: Handler, host: str, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(
        lambda: Receiver(
            handler, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="groupware", loop=loop
        ),
        host,
        port,
    )
    log.info("listening for LMTP on %s:%d", host, port)
    async with server:
        await stop.wait()
