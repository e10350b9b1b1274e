"""Mail out: a row first, noted with its cause; a worker sends it afterwards, at least once.

waiting -> claimed -> sent          the server took it
   ^          |
   |          +-> waiting           refused for now: tried again after 1 min, 2, 4 ... 8 h
   |          +-> failed            refused for good (5xx), or not taken for five days
   |          +-> held              twice lost after the final dot: it may have arrived
   +----------+                     a claim older than ten minutes is free again

A row is for one address, so one that is refused keeps no other from being sent. `due_at` says when
a row may be taken next, also while it is claimed. `put` freezes the bytes and the Message-ID at
once. `note` leaves that to a module's writer, which the worker calls once the row is due and before
any server is spoken to: until then the cause can be taken back. Either way a mail that goes out
twice after a crash is the same mail. From is the server's matter (see smtp.py) where no mailbox
says otherwise: mail that waits for a server to be set up has the right one then.
"""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, event, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.events import Event, emit
from groupware.mail.writing import (
    LONGEST_SUBJECT,
    Sheet,
    ascii_address,
    frozen,
    one_line,
    printable,
)
from groupware.models import Delivery, OutboundMail

log = logging.getLogger(__name__)

CLAIMED_FOR = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=8)
GIVEN_UP_AFTER = timedelta(days=5)
UNWRITTEN = b""
MOST_LOGGED = 20

NO_ADDRESS = "This is no address that mail can be sent to."
UNCERTAIN = "The connection was lost after the mail was handed over: it may have arrived."
NOT_WRITTEN = "It could not be written; the program's log says why."

_random = secrets.SystemRandom()


@dataclass(frozen=True)
class Mail:
    """What is handed to a server."""

    recipient: str
    message: bytes
    message_id: str = ""
    mailbox_id: int | None = None
    envelope: str = ""


class Refused(Exception):
    """The server did not take the mail: for good, or for now.

    `unreachable` says that no mail at all can go to this server now.
    """

    def __init__(self, text: str, *, for_good: bool = False, unreachable: bool = False) -> None:
        super().__init__(text)
        self.for_good, self.unreachable = for_good, unreachable


class Uncertain(Exception):
    """The connection was lost between the end of the mail and the server's answer."""


@dataclass(frozen=True, kw_only=True)
class MailUndelivered(Event):
    """A mail failed for good, or is held: somebody has to look after it."""

    mail: OutboundMail
    at: datetime


Transport = Callable[[Mail], object]
"""Sends one mail, or raises Refused or Uncertain."""

Write = Callable[[Session, OutboundMail, datetime], None]
"""Writes a mail that was noted (see `fill`), or deletes its row where there is no cause any more."""


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
    row = _row(kind="account", to=to, subject=subject, now=now, secret=secret)
    row.message = frozen(
        Sheet(ascii_address(to) or "", row.subject, text), row.message_id, now
    )  # fmt: skip
    _added(session, row)
    session.flush()
    return row


def note(
    session: Session, kind: str, *, to: str, subject: str, due_at: datetime, now: datetime
) -> OutboundMail:
    """A mail of this kind to one person, written by its module's writer once it is due."""
    row = _row(kind=kind, to=to, subject=subject, now=now)
    row.due_at = due_at
    return _added(session, row)


def fill(row: OutboundMail, sheet: Sheet, message_id: str, now: datetime) -> None:
    """Freeze what a noted mail says; from now on it is this mail, however often it is sent."""
    row.message_id, row.subject = message_id, one_line(sheet.subject)[:LONGEST_SUBJECT]
    row.message = frozen(sheet, message_id, now)


def write(database: Database, writers: Mapping[str, Write], clock: Callable[[], datetime]) -> int:
    """Let everything be written that is due, each in a transaction of its own; how many."""
    written = 0
    while True:
        with database.writing() as session:
            unwritten = _due(clock()).where(OutboundMail.message == UNWRITTEN)
            row = session.scalar(unwritten.limit(1).with_for_update(skip_locked=True))
            if row is None:
                return written
            try:
                with session.begin_nested():
                    writers[row.kind](session, row, clock())
                    session.flush()
            except Exception:
                log.exception("outgoing mail %s cannot be written", row.id)
                row.state, row.error = Delivery.FAILED, NOT_WRITTEN
            written += 1


def claim(
    session: Session, *, now: datetime, mailboxes: Collection[int] | None = None
) -> int | None:
    """Take the next written mail that is due, for ten minutes; its id, or None.

    Where the desk has no server of its own, only mail of `mailboxes`, which have one.
    """
    ready = _due(now).where(OutboundMail.message != UNWRITTEN)
    if mailboxes is not None:
        ready = ready.where(OutboundMail.mailbox_id.in_(mailboxes))
    row = session.scalar(ready.limit(1).with_for_update(skip_locked=True))
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
    row = session.get(OutboundMail, mail_id)
    if row is None:  # its ticket is gone for good
        return
    uncertain_before = row.error == UNCERTAIN
    if failure is None:
        row.state, row.sent_at, row.error = Delivery.SENT, now, ""
        logged(row, "The server took it.", now)
        return
    uncertain = isinstance(failure, Uncertain)
    row.error = UNCERTAIN if uncertain else printable(str(failure))[:2000]
    logged(row, row.error, now)
    if uncertain and uncertain_before:
        row.state = Delivery.HELD
    elif (
        isinstance(failure, Refused) and failure.for_good
    ) or now - row.created_at > GIVEN_UP_AFTER:
        row.state = Delivery.FAILED
    else:
        row.state, row.due_at = Delivery.WAITING, now + pause(row.tries)
        return
    emit(session, MailUndelivered(mail=row, at=now))


def logged(row: OutboundMail, said: str, now: datetime) -> None:
    """Add a line to what is known of a delivery; the oldest ones go."""
    row.log = [*row.log, [now.isoformat(timespec="seconds"), said[:500]]][-MOST_LOGGED:]


def deliver(
    database: Database, mail_id: int, transport: Transport, *, now: datetime
) -> Exception | None:
    """Send a mail that was claimed: no transaction is open while the server is spoken to."""
    with database.reading() as session:
        row = session.get_one(OutboundMail, mail_id)
        mail = Mail(row.recipient, row.message, row.message_id, row.mailbox_id, row.envelope)
    failure = attempt(mail, transport)
    with database.writing() as session:
        settle(session, mail_id, failure, now=now)
    return failure


def sweep(
    database: Database,
    transport: Transport,
    clock: Callable[[], datetime],
    mailboxes: Collection[int] | None = None,
) -> int:
    """Send everything that is due, one after the other; how many were tried.

    Once a mailbox's server cannot be reached, the rest of its mail waits without holding up others.
    """
    tried = 0
    unreachable: dict[int | None, Exception] = {}
    while True:
        with database.writing() as session:
            mail_id = claim(session, now=clock(), mailboxes=mailboxes)
            if mail_id is None:
                return tried
            by = session.get_one(OutboundMail, mail_id).mailbox_id
            if down := unreachable.get(by):
                settle(session, mail_id, down, now=clock())
        tried += 1
        if not down:
            failure = deliver(database, mail_id, transport, now=clock())
            if isinstance(failure, Refused) and failure.unreachable:
                unreachable[by] = failure


def retry(session: Session, row: OutboundMail, *, now: datetime) -> None:
    """Let a mail that failed, waits or is held be tried at once, with five more days to go."""
    if row.state in (Delivery.FAILED, Delivery.WAITING, Delivery.HELD) and row.error != NO_ADDRESS:
        row.state, row.due_at, row.created_at, row.error = Delivery.WAITING, now, now, ""
        session.info[_FRESH] = True


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: doubled each time, with a fifth of chance."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
    return doubled * _random.uniform(0.8, 1.2)


def on_commit(wake: Callable[[], object]) -> None:
    """Call this whenever a transaction that put mail has been committed."""
    _wakers[:] = [wake]


def _row(*, kind: str, to: str, subject: str, now: datetime, secret: bool = False) -> OutboundMail:
    recipient = ascii_address(to)
    return OutboundMail(
        kind=kind,
        message_id=f"<gw.{secrets.token_hex(16)}@groupware.invalid>",
        recipient=recipient or one_line(to)[:320],
        subject=one_line(subject)[:LONGEST_SUBJECT],
        message=UNWRITTEN,
        secret=secret,
        due_at=now,
        created_at=now,
        state=Delivery.WAITING if recipient else Delivery.FAILED,
        error="" if recipient else NO_ADDRESS,
    )


def _added(session: Session, row: OutboundMail) -> OutboundMail:
    session.add(row)
    session.info[_FRESH] = True
    return row


def _due(now: datetime) -> Select[OutboundMail]:
    # The states are literal: only so can SQLite tell that the partial index will do.
    under_way = sql("outbound_mail.state IN ('waiting', 'claimed')")
    return (
        select(OutboundMail)
        .where(under_way, OutboundMail.due_at <= now)
        .order_by(OutboundMail.due_at)
    )


_FRESH = "fresh mail"
_wakers: list[Callable[[], object]] = []


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_FRESH, False):
        for wake in _wakers:
            wake()
