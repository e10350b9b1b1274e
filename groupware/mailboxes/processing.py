"""From the journal into tickets: each mail in a transaction of its own.

waiting -> done | quarantined | rejected
   ^  |
   |  +--- failed: tried again after 1 and 5 minutes; the third failure makes it a ticket that
   |       says it could not be read, with the original attached
   +------ released from quarantine

A mail is read, and its files are stored, before the transaction; within it the row is locked, so
whoever comes second finds it done. The outcome is in the row: a replay tells it again.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy import text as sql
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from groupware import module
from groupware.blobs import Store
from groupware.database import Database, one_at_a_time
from groupware.mail.ids import Marks
from groupware.mail.message import Message
from groupware.mail.mime import LARGEST
from groupware.mail.safely import read_safely
from groupware.mailboxes import files
from groupware.mailboxes.models import InboundMail, Mailbox, Stage
from groupware.mailboxes.outcome import Arrival, Became, Kept, Outcome
from groupware.people import folded
from groupware.text import one_line

log = logging.getLogger(__name__)

INCOMING = "incoming mail"
"""The job, by which it is woken."""
TRIES = 3
PAUSES = (timedelta(minutes=1), timedelta(minutes=5))
AT_ONCE = 50
STAGES = {Became.QUARANTINED: Stage.QUARANTINED, Became.REJECTED: Stage.REJECTED}
FAILED = "It could not be put into a ticket: {}"


@dataclass(frozen=True)
class Mailroom:
    """What processing needs."""

    database: Database
    store: Store
    marks: Marks


def sweep(room: Mailroom, clock: Callable[[], datetime], *, until: Callable[[], bool]) -> int:
    """Process everything that is due, until told to stop; how many."""
    done = 0
    while not until():
        with room.database.reading() as session:
            ids = list(session.scalars(due(clock())))
        if not ids:
            break
        for mail_id in ids:
            process(room, mail_id, now=clock())
            done += 1
            if until():
                break
    return done


def due(now: datetime) -> Select[int]:
    """Ids of the next mails, the longest waiting first."""
    # The stage is literal: only so can SQLite tell that the partial index will do.
    waiting = sql("inbound_mail.stage = 'waiting'")
    return (
        select(InboundMail.id)
        .join(Mailbox)
        .where(waiting, InboundMail.due_at <= now)
        .order_by(InboundMail.due_at, InboundMail.id)
        .limit(AT_ONCE)
    )


def process(room: Mailroom, mail_id: int, *, now: datetime) -> Outcome:
    """Put one mail where it belongs; done before, its outcome is told again."""
    with room.database.reading() as session:
        mail = session.get_one(InboundMail, mail_id)
        if mail.stage != Stage.WAITING:
            return told(mail)
        sha256, tries = mail.sha256, mail.tries
    try:
        return _placed(room, mail_id, *_read(room.store, sha256), now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is away: that says nothing of this mail
    except Exception as failure:
        log.exception("mail %d could not be processed, try %d", mail_id, tries + 1)
        said = f"{type(failure).__name__}: {failure}"
    if tries + 1 < TRIES:
        return _later(room, mail_id, said, now=now)
    unread = Message(problems=(FAILED.format(said),), readable=False)
    return _placed(room, mail_id, unread, (), (), now=now)


def told(mail: InboundMail) -> Outcome:
    """What became of a mail, as its row says."""
    known = mail.told or {}
    became = Became(mail.outcome) if mail.outcome else Became.WAITING
    return Outcome(became, mail.reason, known.get("ticket"), known.get("comment"))


def again(mail: InboundMail, *, now: datetime) -> None:
    """Let a mail be processed once more, with all its tries: after a release or a repair."""
    mail.stage, mail.tries, mail.due_at, mail.error = Stage.WAITING, 0, now, ""
    mail.outcome = mail.reason = ""


def fingerprint(message: Message, sha256: str) -> str:
    """Equal for the same mail delivered twice, whatever headers its ways added."""
    if not message.readable:
        return sha256
    digest = hashlib.sha256()
    for part in (
        message.message_id,
        message.sender.key if message.sender else "",
        message.date.isoformat() if message.date else "",
        message.subject,
        message.text,
        message.html,
        *(each.md5 for each in message.files),
    ):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _read(store: Store, sha256: str) -> tuple[Message, tuple[Kept, ...], tuple[str, ...]]:
    with store.open(sha256) as file:
        raw = file.read(LARGEST + 1)
    message = read_safely(raw)
    kept, left_out = files.keep(store, message.files)
    return message, kept, left_out


def _placed(
    room: Mailroom,
    mail_id: int,
    message: Message,
    kept: tuple[Kept, ...],
    left_out: tuple[str, ...],
    *,
    now: datetime,
) -> Outcome:
    with room.database.writing() as session:
        mail = session.scalars(
            select(InboundMail).where(InboundMail.id == mail_id).with_for_update()
        ).one()
        if mail.stage != Stage.WAITING:
            return told(mail)
        mailbox = session.get_one(Mailbox, mail.mailbox_id)
        mail.content_hash = fingerprint(message, mail.sha256)
        one_at_a_time(session, f"mail {mailbox.id} {mail.content_hash}")
        mail.message_id = one_line(message.message_id)[:250] or f"{mail.content_hash}@made.invalid"
        mail.sender = folded(message.sender.email)[:320] if message.sender else ""
        mail.subject = one_line(message.subject)[:250]
        outcome = _as_before(session, mail)
        if outcome is None:
            original = Kept(f"mail-{mail.id}.eml", "message/rfc822", mail.size, mail.sha256)
            arrival = Arrival(mail, mailbox, message, kept, left_out, original, room.marks, now)
            outcome = _taken(session, arrival)
        mail.outcome, mail.reason = outcome.became, outcome.reason
        mail.told = {"ticket": outcome.ticket, "comment": outcome.comment}
        mail.stage = STAGES.get(outcome.became, Stage.DONE)
        mail.processed_at, mail.error = now, ""
        return outcome


def _as_before(session: Session, mail: InboundMail) -> Outcome | None:
    """The outcome of the same mail that was here before, or None."""
    earlier = session.scalar(
        select(InboundMail)
        .where(
            InboundMail.mailbox_id == mail.mailbox_id,
            InboundMail.content_hash == mail.content_hash,
            InboundMail.id != mail.id,
            InboundMail.outcome != "",
            InboundMail.outcome != Became.DUPLICATE,
        )
        .order_by(InboundMail.id)
        .limit(1)
    )
    if earlier is None:
        return None
    before = told(earlier)
    return replace(
        before, became=Became.DUPLICATE, reason=f"The same mail was here before, as {earlier.id}."
    )


def _taken(session: Session, arrival: Arrival) -> Outcome:
    for take in _incoming():
        if (outcome := take(session, arrival)) is not None:
            return outcome
    return Outcome(Became.QUARANTINED, "No module takes mail of this mailbox.")


def _incoming() -> Iterator[Callable[[Session, Arrival], Outcome | None]]:
    return (part.incoming for part in module.installed() if part.incoming is not None)


def _later(room: Mailroom, mail_id: int, said: str, *, now: datetime) -> Outcome:
    with room.database.writing() as session:
        mail = session.get_one(InboundMail, mail_id)
        mail.tries += 1
        mail.error, mail.due_at = said[:2000], now + PAUSES[mail.tries - 1]
        return Outcome(Became.WAITING, said)
