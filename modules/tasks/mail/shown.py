"""What a page says of a message that came by mail: why it is here, and what in it is quoted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from groupware.mailboxes.models import InboundMail
from modules.tasks.mail.models import Placement
from modules.tasks.models import Comment, Task

BY_MAIL = ("mail", "import")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; what is quoted is folded."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as its message's page tells of it."""

    mail: int
    sender: str
    reason: str
    doubt: str = ""
    moved_from: int | None = None
    namesake: bool = False  # another mail, with other words, has its Message-ID
    quoted: dict[str, Any] = field(default_factory=dict)


def of_ticket(
    session: Session, ticket: Task, comments: Sequence[Comment]
) -> dict[int | None, Shown]:
    """The mails behind these messages, and under None the one behind the details.

    One statement, and none where nothing came by mail.
    """
    ids = [each.id for each in comments if each.source in BY_MAIL]
    first = ticket.source in BY_MAIL
    if not ids and not first:
        return {}
    rows = session.execute(
        select(Placement, InboundMail.sender, _namesake())
        .join(InboundMail, InboundMail.id == Placement.inbound_mail_id)
        .where(
            or_(
                Placement.comment_id.in_(ids),
                (Placement.task_id == ticket.id) & Placement.comment_id.is_(None),
            )
        )
        .order_by(Placement.inbound_mail_id.desc())
    )
    return {
        placed.comment_id: Shown(
            placed.inbound_mail_id,
            sender,
            placed.reason,
            placed.doubt,
            placed.moved_from_id if placed.moved_from_id != ticket.id else None,
            namesake,
            placed.quoted or {},
        )
        for placed, sender, namesake in rows
    }


def quotes_of(
    session: Session, ticket: Task, comments: Sequence[Comment]
) -> dict[int | None, Shown]:
    """As `of_ticket`, for readers who learn nothing of the mails but what in them is quoted."""
    found = of_ticket(session, ticket, comments)
    return {key: Shown(0, "", "", quoted=each.quoted) for key, each in found.items()}


def _namesake() -> ColumnElement[bool]:
    other = aliased(InboundMail)
    same = select(other.id).where(
        other.message_id == InboundMail.message_id,
        other.message_id != "",
        other.mailbox_id == InboundMail.mailbox_id,
        other.content_hash != InboundMail.content_hash,
    )
    return same.correlate(InboundMail).exists()


def pieces(text: str, shown: Shown | None) -> list[Piece]:
    """The text in its stretches; one alone where nothing is quoted, or it was edited since."""
    if shown is None or shown.quoted.get("length") != len(text):
        return [Piece(text)]
    found, at = [], 0
    for start, end in shown.quoted["spans"]:
        found += [Piece(text[at:start]), Piece(text[start:end], quoted=True)]
        at = end
    return [each for each in (*found, Piece(text[at:])) if each.text.strip()]
