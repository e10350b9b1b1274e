"""What a module is given of a mail, and what it says became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from groupware.mail.ids import Marks
from groupware.mail.message import Message
from groupware.mailboxes.models import InboundMail, Mailbox


class Became(StrEnum):
    """The words that `groupware mail ingest` prints."""

    TICKET = "ticket"
    REPLY = "reply"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    BOUNCE = "bounce"
    UNREADABLE = "unreadable"
    WAITING = "waiting"  # it failed, and is tried again


@dataclass(frozen=True)
class Kept:
    """A file of a mail whose bytes are in the store."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False


@dataclass(frozen=True)
class Arrival:
    """A mail to be put where it belongs, in the transaction that records its outcome."""

    mail: InboundMail
    mailbox: Mailbox
    message: Message
    files: tuple[Kept, ...]
    left_out: tuple[str, ...]  # a sentence for each file that is not among them
    original: Kept
    marks: Marks
    now: datetime
    senders: frozenset[str]  # folded, of all mails that are placed together with it


@dataclass(frozen=True)
class Outcome:
    """What became of a mail, and why."""

    became: Became
    reason: str
    ticket: int | None = None
    comment: int | None = None


Incoming = Callable[[Session, Arrival], Outcome | None]
"""A module's way to take a mail; None leaves it to the next module."""
