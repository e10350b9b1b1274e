"""From the journal into tickets: a few mails in a transaction, or each in one of its own.

waiting -> done | quarantined | rejected
   ^  |
   |  +--- failed: tried again after 1 and 5 minutes; the third failure makes it a ticket that
   |       says it could not be read, with the original attached
   +------ released from quarantine

Mails are read, and their files are stored, before the transaction; within it their rows are locked,
so whoever comes second finds them done. Where one of several fails, nothing of them has happened
and each gets a transaction of its own: then the failure is that mail's alone. To be killed counts
as no failure. The outcome is in the row: a replay tells it again.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from groupware import module
from groupware.ahead import one_ahead
from groupware.blobs import Store
from groupware.database import Database, let_others, one_at_a_time
from groupware.mail.ids import Marks
from groupware.mail.message import Message
from groupware.mail.mime import LARGEST
from groupware.mail.safely import read_safely
from groupware.mail.signatures import verdict
from groupware.mailboxes import files
from groupware.mailboxes.models import InboundMail, Mailbox, Stage
from groupware.mailboxes.outcome import Arrival, Became, Kept, Outcome
from groupware.memory import remembered, remembering
from groupware.people import folded
from groupware.text import one_line

log = logging.getLogger(__name__)

INCOMING = "incoming mail"
"""The job, by which it is woken."""
TRIES = 3
PAUSES = (timedelta(minutes=1), timedelta(minutes=5))
AT_ONCE = 500
TOGETHER = 25
"""Mails of one transaction: others wait for it to end."""
STAGES = {Became.QUARANTINED: Stage.QUARANTINED, Became.REJECTED: Stage.REJECTED}
FAILED = "It could not be put into a ticket: {}"
UNREAD = Message(readable=False)


@dataclass(frozen=True)
class Mailroom:
    """What processing needs."""

    database: Database
    store: Store
    marks: Marks
    keys: Path | None = None  # the folder by which signatures are checked


@dataclass(frozen=True)
class Read:
    """What a mail says, with its files stored; or what kept it from being read."""

    mail_id: int
    tries: int
    content_hash: str
    message: Message = UNREAD
    files: tuple[Kept, ...] = ()
    left_out: tuple[str, ...] = ()
    failure: Exception | None = None


def sweep(room: Mailroom, clock: Callable[[], datetime], *, until: Callable[[], bool]) -> int:
    """Process everything that is due, until told to stop; how many."""
    done = 0
    while not until():
        with room.database.reading() as session:
            ids = list(session.scalars(due(clock())))
        if not ids:
            break
        for outcomes in process_all(room, together(ids), clock):
            done += len(outcomes)
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


def in_line(session: Session) -> dict[int, int]:
    """How many mails of each mailbox wait to be processed, of the first 10,000 of all."""
    waiting = sql("inbound_mail.stage = 'waiting'")
    some = select(InboundMail.mailbox_id).where(waiting).limit(10_000).subquery()
    counted = select(some.c.mailbox_id, func.count()).group_by(some.c.mailbox_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def together(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """These mails, as many at a time as go into one transaction."""
    return (ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER))


def process_all(
    room: Mailroom, parts: Iterable[Sequence[int]], clock: Callable[[], datetime]
) -> Iterator[dict[int, Outcome]]:
    """Put mails where they belong, a part in a transaction; outcomes by the mails' numbers.

    While some are put into tickets, the next ones are read.
    """
    for part, read in one_ahead((part, _read_all(room, part)) for part in parts):
        yield _all_placed(room, part, read, clock)
        let_others(room.database)


def process(room: Mailroom, mail_id: int, *, now: datetime) -> Outcome:
    """Put one mail where it belongs; done before, its outcome is told again."""
    (outcomes,) = process_all(room, [[mail_id]], lambda: now)
    return outcomes[mail_id]


def _all_placed(
    room: Mailroom, ids: Sequence[int], read: Sequence[Read], clock: Callable[[], datetime]
) -> dict[int, Outcome]:
    with room.database.reading() as session:
        missing = set(ids) - {each.mail_id for each in read}
        outcomes = {number: told(session.get_one(InboundMail, number)) for number in missing}
    if len(read) > 1 and not any(each.failure for each in read):
        try:
            return outcomes | _placed(room, read, clock())
        except Exception as failure:  # whose it is shows when each is alone
            log.info("%d mails together failed, so each goes alone: %s", len(read), failure)
    for each in read:
        outcomes[each.mail_id] = _alone(room, each, clock())
    return outcomes


def _alone(room: Mailroom, read: Read, now: datetime) -> Outcome:
    failure = read.failure
    if failure is None:
        try:
            return _placed(room, [read], now)[read.mail_id]
        except Exception as raised:
            if _of_the_database(raised):
                raise
            failure = raised
    log.error("mail %d failed, try %d", read.mail_id, read.tries + 1, exc_info=failure)
    said = f"{type(failure).__name__}: {failure}"
    if read.tries + 1 < TRIES:
        return _later(room, read.mail_id, said, now=now)
    unread = Message(problems=(FAILED.format(said),), readable=False)
    last = replace(read, message=unread, files=(), left_out=())
    return _placed(room, [last], now)[read.mail_id]


def _of_the_database(failure: Exception) -> bool:
    """True where the database is away, or is not what this program expects (SQLSTATE 42).

    That says nothing of the mail: it waits, and loses none of its tries.
    """
    if isinstance(failure, OperationalError | InterfaceError):
        return True
    state = getattr(failure.orig, "sqlstate", None) if isinstance(failure, DBAPIError) else None
    return str(state or "").startswith("42")


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


def _read_all(room: Mailroom, ids: Sequence[int]) -> list[Read]:
    """What these mails say, those that still wait."""
    with room.database.reading() as session:
        waiting = session.execute(
            select(InboundMail.id, InboundMail.tries, InboundMail.sha256)
            .where(InboundMail.id.in_(ids), InboundMail.stage == Stage.WAITING)
            .order_by(InboundMail.due_at, InboundMail.id)
        ).all()
    return [_read(room, *row) for row in waiting]


def _read(room: Mailroom, mail_id: int, tries: int, sha256: str) -> Read:
    try:
        with room.store.open(sha256) as file:
            raw = file.read(LARGEST + 1)
        message = read_safely(raw)
        if message.signed and message.sender and room.keys and room.keys.is_dir():
            said = verdict(raw, message.sender.email, room.keys)
            message = replace(message, signature=said)
        kept, left_out = files.keep(room.store, message.files)
    except Exception as failure:  # it counts as a try once it is this mail's turn
        return Read(mail_id, tries, sha256, failure=failure)
    # The files are in the store: so many mails at once need not hold them as well.
    bare = replace(message, files=())
    return Read(mail_id, tries, fingerprint(message, sha256), bare, kept, left_out)


def _placed(room: Mailroom, read: Sequence[Read], now: datetime) -> dict[int, Outcome]:
    with room.database.writing() as session, remembering(session):
        mails = _locked(session, [each.mail_id for each in read])
        fresh = [each for each in read if mails[each.mail_id].stage == Stage.WAITING]
        for each in fresh:
            _describe(mails[each.mail_id], each)
        senders = frozenset(mails[each.mail_id].sender for each in fresh) - {""}
        with session.no_autoflush:
            before = _before(session, [mails[each.mail_id] for each in fresh])
        for each in fresh:
            mail = mails[each.mail_id]
            key = mail.mailbox_id, mail.content_hash
            if earlier := before.get(key):
                outcome = _again_the_same(earlier)
            else:
                outcome = _taken(session, _arrival(session, room, mail, each, senders, now))
                before[key] = mail
            mail.outcome, mail.reason = outcome.became, outcome.reason
            mail.told = {"ticket": outcome.ticket, "comment": outcome.comment}
            mail.stage = STAGES.get(outcome.became, Stage.DONE)
            mail.processed_at, mail.error = now, ""
        return {number: told(mail) for number, mail in mails.items()}


def _locked(session: Session, ids: Sequence[int]) -> dict[int, InboundMail]:
    rows = select(InboundMail).where(InboundMail.id.in_(ids)).order_by(InboundMail.id)
    mails = {mail.id: mail for mail in session.scalars(rows.with_for_update())}
    # So two workers do not both find that a mail that came twice has not been here before.
    for mailbox_id in sorted({mail.mailbox_id for mail in mails.values()}):
        one_at_a_time(session, f"mailbox {mailbox_id}")
    return mails


def _describe(mail: InboundMail, read: Read) -> None:
    message = read.message
    mail.content_hash = read.content_hash
    mail.message_id = one_line(message.message_id)[:250] or f"{mail.content_hash}@made.invalid"
    mail.sender = folded(message.sender.email)[:320] if message.sender else ""
    mail.subject = one_line(message.subject)[:250]


def _arrival(
    session: Session,
    room: Mailroom,
    mail: InboundMail,
    read: Read,
    senders: frozenset[str],
    now: datetime,
) -> Arrival:
    mailbox = remembered(
        session, ("mailbox", mail.mailbox_id), lambda: session.get_one(Mailbox, mail.mailbox_id)
    )
    original = Kept(f"mail-{mail.id}.eml", "message/rfc822", mail.size, mail.sha256)
    return Arrival(
        mail, mailbox, read.message, read.files, read.left_out, original, room.marks, now, senders
    )


def _before(session: Session, mails: Sequence[InboundMail]) -> dict[tuple[int, str], InboundMail]:
    """The same mails that were here before, by mailbox and content."""
    earlier = session.scalars(
        select(InboundMail)
        .where(
            InboundMail.mailbox_id.in_({mail.mailbox_id for mail in mails}),
            InboundMail.content_hash.in_({mail.content_hash for mail in mails}),
            InboundMail.outcome != "",
            InboundMail.outcome != Became.DUPLICATE,
        )
        .order_by(InboundMail.id.desc())
    )
    return {(mail.mailbox_id, mail.content_hash): mail for mail in earlier}


def _again_the_same(earlier: InboundMail) -> Outcome:
    reason = f"The same mail was here before, as {earlier.id}."
    return replace(told(earlier), became=Became.DUPLICATE, reason=reason)


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
