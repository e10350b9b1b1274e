"""Mail out: a row first, written with its cause; a worker sends it afterwards, at least once.

waiting -> claimed -> sent          the server took it
   ^          |
   |          +-> waiting           refused for now: tried again after 1 min, 2, 4 ... 8 h
   |          +-> failed            refused for good (5xx), or not taken for five days
   +----------+                     a claim older than ten minutes is free again

`due_at` says when a row may be taken next, also while it is claimed. The bytes and the Message-ID
are frozen by `put`, so a mail that goes out twice after a crash is the same mail. From is the
server's matter (see smtp.py): mail that waits for a server to be set up has the right one then.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import Select, event, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import Delivery, OutboundMail

CLAIMED_FOR = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=8)
GIVEN_UP_AFTER = timedelta(days=5)
LONGEST_SUBJECT = 200
LONGEST_TEXT = 200_000

PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
NO_ADDRESS = "This is no address that mail can be sent to."
UNCERTAIN = "The connection was lost after the mail was handed over: it may have arrived."

_random = secrets.SystemRandom()


@dataclass(frozen=True)
class Mail:
    """What is handed to a server."""

    recipient: str
    message: bytes


class Refused(Exception):
    """The server did not take the mail: for good, or for now."""

    def __init__(self, text: str, *, for_good: bool = False) -> None:
        super().__init__(text)
        self.for_good = for_good


class Uncertain(Exception):
    """The connection was lost between the end of the mail and the server's answer."""


Transport = Callable[[Mail], object]
"""Sends one mail, or raises Refused or Uncertain."""


def put(
    session: Session,
    *,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    secret: bool = False,
) -> OutboundMail:
    """A mail to one person, sent once this transaction is committed.

    `secret` marks a text that signs somebody in: only administrators are shown it. An address
    that cannot be one makes a failed row, never a failed use case.
    """
    recipient = _ascii_address(to)
    subject = one_line(subject)[:LONGEST_SUBJECT]
    message_id = f"<gw.{secrets.token_hex(16)}@groupware.invalid>"
    row = OutboundMail(
        message_id=message_id,
        recipient=recipient or one_line(to)[:320],
        subject=subject,
        message=_frozen(recipient or "", subject, text, message_id, now),
        secret=secret,
        due_at=now,
        created_at=now,
        state=Delivery.WAITING if recipient else Delivery.FAILED,
        error="" if recipient else NO_ADDRESS,
    )
    session.add(row)
    session.flush()
    session.info[_FRESH] = True
    return row


def claim(session: Session, *, now: datetime) -> int | None:
    """Take the next mail that is due, for ten minutes; its id, or None."""
    row = session.scalar(_due(now).limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    row.state, row.claimed_at, row.due_at = Delivery.CLAIMED, now, now + CLAIMED_FOR
    row.tries += 1
    return row.id


def attempt(mail: Mail, transport: Transport) -> Exception | None:
    """Hand a mail over, outside of any transaction; what kept the server from taking it."""
    try:
        transport(mail)
    except (Refused, Uncertain) as failure:
        return failure
    except OSError as failure:
        return Refused(f"{type(failure).__name__}: {failure}")
    return None


def settle(session: Session, mail_id: int, failure: Exception | None, *, now: datetime) -> None:
    """Write down what became of a mail that was claimed."""
    row = session.get_one(OutboundMail, mail_id)
    uncertain_before = row.error == UNCERTAIN
    if failure is None:
        row.state, row.sent_at, row.error = Delivery.SENT, now, ""
        return
    row.error = UNCERTAIN if isinstance(failure, Uncertain) else _printable(str(failure))[:2000]
    if (
        (isinstance(failure, Refused) and failure.for_good)
        or (isinstance(failure, Uncertain) and uncertain_before)
        or now - row.created_at > GIVEN_UP_AFTER
    ):
        row.state = Delivery.FAILED
    else:
        row.state, row.due_at = Delivery.WAITING, now + pause(row.tries)


def deliver(database: Database, mail_id: int, transport: Transport, *, now: datetime) -> None:
    """Send a mail that was claimed: no transaction is open while the server is spoken to."""
    with database.reading() as session:
        row = session.get_one(OutboundMail, mail_id)
        mail = Mail(row.recipient, row.message)
    failure = attempt(mail, transport)
    with database.writing() as session:
        settle(session, mail_id, failure, now=now)


def sweep(database: Database, transport: Transport, clock: Callable[[], datetime]) -> int:
    """Send everything that is due, one after the other; how many were tried."""
    tried = 0
    while True:
        with database.writing() as session:
            mail_id = claim(session, now=clock())
        if mail_id is None:
            return tried
        deliver(database, mail_id, transport, now=clock())
        tried += 1


def retry(session: Session, row: OutboundMail, *, now: datetime) -> None:
    """Let a failed or waiting mail be tried at once, with five more days to go."""
    if row.state in (Delivery.FAILED, Delivery.WAITING) and row.error != NO_ADDRESS:
        row.state, row.due_at, row.created_at, row.error = Delivery.WAITING, now, now, ""
        session.info[_FRESH] = True


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: doubled each time, with a fifth of chance."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
    return doubled * _random.uniform(0.8, 1.2)


def one_line(text: str) -> str:
    """Text for a header: no line break or control, and nothing that reads as an encoded word.

    Some versions of Python decode `=?...?=` in what they are given, line breaks included.
    """
    text = "".join(" " if unicodedata.category(letter) in _BREAKS else letter for letter in text)
    while "=?" in text:
        text = text.replace("=?", "= ?")
    return " ".join(text.split())


def on_commit(wake: Callable[[], object]) -> None:
    """Call this whenever a transaction that put mail has been committed."""
    _wakers[:] = [wake]


def _due(now: datetime) -> Select[OutboundMail]:
    # The states are literal: only so can SQLite tell that the partial index will do.
    under_way = sql("outbound_mail.state IN ('waiting', 'claimed')")
    return (
        select(OutboundMail)
        .where(under_way, OutboundMail.due_at <= now)
        .order_by(OutboundMail.due_at)
    )


def _ascii_address(address: str) -> str | None:
    """The address with its domain in ASCII, or None where it is not one plain address."""
    local, _, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    return plain if PLAIN_ADDRESS.fullmatch(plain) and len(plain) <= 320 else None


def _frozen(recipient: str, subject: str, text: str, message_id: str, now: datetime) -> bytes:
    message = EmailMessage(policy=SMTP)
    if recipient:
        message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_printable(text)[:LONGEST_TEXT], cte="quoted-printable")
    frozen = message.as_bytes()
    _check_headers(frozen)
    return frozen


def _check_headers(message: bytes) -> None:
    """Nothing may have become a header that was not meant as one, whatever the library does."""
    head = message.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    if len(names) != len(set(names)) or not set(names) <= _HEADERS:
        raise ValueError("a header has got into a mail that nobody wrote")


_BREAKS = {"Cc", "Cs", "Zl", "Zp", "Zs"}
_HEADERS = {
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"Auto-Submitted",
    b"X-Auto-Response-Suppress",
    b"Content-Type",
    b"Content-Transfer-Encoding",
    b"MIME-Version",
}


def _printable(text: str) -> str:
    return "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )


_FRESH = "fresh mail"
_wakers: list[Callable[[], object]] = []


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_FRESH, False):
        for wake in _wakers:
            wake()
