"""The mails of a ticket's conversation with one person, as their mail program strings them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from groupware.mail.writing import FIRST_REFERENCES, LAST_REFERENCES
from groupware.mailboxes.models import InboundMail
from groupware.models import Delivery, OutboundMail
from modules.tasks.letters.models import Letter, LetterKind
from modules.tasks.mail.models import Placement
from modules.tasks.models import Task

MOST_SENDERS = 20


@dataclass(frozen=True)
class Before:
    """What a letter goes on from."""

    in_reply_to: str
    references: Sequence[str]


def addresses_written_from(session: Session, ticket: Task) -> Sequence[str]:
    """From where mail of this ticket came, folded, the last one first."""
    return session.scalars(
        select(InboundMail.sender)
        .join(Placement, Placement.inbound_mail_id == InboundMail.id)
        .where(Placement.task_id == ticket.id)
        .order_by(InboundMail.id.desc())
        .limit(MOST_SENDERS)
    ).all()


def first_mail(session: Session, ticket: Task) -> InboundMail | None:
    """The mail that a ticket began with."""
    return session.scalar(
        select(InboundMail)
        .join(Placement, Placement.inbound_mail_id == InboundMail.id)
        .where(Placement.task_id == ticket.id, Placement.comment_id.is_(None))
        .order_by(InboundMail.id)
        .limit(1)
    )


def before(session: Session, ticket: Task, *, addresses: Collection[str], recipient: str) -> Before:
    """The ids of what one person wrote to a ticket, and of what they got about it.

    Only their own: nobody learns from a header what others were written.
    """
    theirs = (
        select(InboundMail.received_at, InboundMail.message_id)
        .join(Placement, Placement.inbound_mail_id == InboundMail.id)
        .where(
            Placement.task_id == ticket.id,
            InboundMail.sender.in_(addresses),
            InboundMail.message_id != "",
        )
    )
    ours = (
        select(OutboundMail.created_at, OutboundMail.message_id)
        .join(Letter, Letter.mail_id == OutboundMail.id)
        .where(
            Letter.task_id == ticket.id,
            OutboundMail.recipient == recipient,
            OutboundMail.kind != LetterKind.NOTICE,
            OutboundMail.state.in_((Delivery.SENT, Delivery.HELD)),
        )
    )
    wrote = _ends(session, theirs, InboundMail.id)
    got = _ends(session, ours, OutboundMail.id)
    last = wrote or got
    ids = [message_id for _, message_id in sorted((*wrote, *got))]
    return Before(last[-1][1] if last else "", ids)


def _ends(
    session: Session, query: Select[datetime, str], number: object
) -> list[tuple[datetime, str]]:
    """The first and the last few rows, in their order."""
    first = session.execute(query.order_by(number).limit(FIRST_REFERENCES))  # type: ignore[arg-type]
    last = session.execute(query.order_by(number.desc()).limit(LAST_REFERENCES))  # type: ignore[attr-defined]
    rows = {(row[0], row[1]): None for row in (*first, *reversed(last.all()))}
    return list(rows)
