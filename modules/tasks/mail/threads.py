"""Which ticket a mail names. First hit wins, and is only a candidate:

1. one of our signed addresses, in the envelope or a header
2. our signed Message-IDs in In-Reply-To, then in References from the right
3. Message-IDs of mails that are in tickets already
4. a tag in the subject
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.mail.addresses import addresses
from groupware.mail.ids import AgentAnswer, Answer, Report
from groupware.mailboxes.models import InboundMail
from groupware.mailboxes.outcome import Arrival
from modules.tasks.mail.models import Placement
from modules.tasks.mail.words import tagged
from modules.tasks.models import Comment, Task
from modules.tasks.queries import addressed, leading_to

MOST_MERGES = 20
MOST_IDS = 50
_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")


@dataclass(frozen=True, slots=True)
class Named:
    """A ticket that a mail names, and how."""

    ticket: Task
    how: str
    tag: bool = False
    answer: AgentAnswer | None = None


def named(session: Session, arrival: Arrival) -> Named | None:
    """The ticket that a mail names, where that is still there; merged ones lead on."""
    for number, how, tag, answer in _hints(session, arrival):
        ticket = following(session, number)
        if ticket is not None:
            return Named(ticket, how, tag=tag, answer=answer)
    return None


def following(session: Session, number: int) -> Task | None:
    """The ticket of this number, or the one that it was merged into."""
    for _ in range(MOST_MERGES):
        ticket = session.scalar(addressed(number))
        if ticket is not None:
            return ticket
        further = session.scalar(leading_to(number))
        if further is None:
            return None
        number = further
    return None


def report(arrival: Arrival) -> int | None:
    """The delivery that a mail server's report was addressed to."""
    for address in recipients(arrival):
        if isinstance(mark := arrival.marks.of_address(address), Report):
            return mark.delivery
    envelope = arrival.message.bounce.envelope_id if arrival.message.bounce else ""
    mark = arrival.marks.of_address(envelope) if envelope else None
    return mark.delivery if isinstance(mark, Report) else None


def recipients(arrival: Arrival) -> Iterator[str]:
    """Every address that a mail was sent to, the envelope's first."""
    if arrival.mail.recipient:
        yield arrival.mail.recipient
    message = arrival.message
    for name in _TO:
        for value in message.all(name)[:20]:
            yield from (each.email for each in addresses(value[:2000]))
    for each in (*message.to, *message.cc):
        yield each.email


def _hints(
    session: Session, arrival: Arrival
) -> Iterator[tuple[int, str, bool, AgentAnswer | None]]:
    message, marks = arrival.message, arrival.marks
    for address in recipients(arrival):
        mark = marks.of_address(address)
        if isinstance(mark, AgentAnswer):
            yield mark.ticket, "Matched by the notice's own address", False, mark
        elif isinstance(mark, Answer):
            yield mark.ticket, "Matched by the ticket's own address", False, None
    ids = [(each, "In-Reply-To") for each in message.in_reply_to[:MOST_IDS]]
    ids += [(each, "References") for each in reversed(message.references[-MOST_IDS:])]
    ids = list(dict(reversed(ids)).items())[::-1]  # the first way counts
    for each, way in ids:
        sent = marks.of_message_id(each)
        if sent is None:
            continue
        number = sent.ticket
        if sent.comment is not None:
            number = session.scalar(select(Comment.task_id).where(Comment.id == sent.comment))
        if number is not None:
            yield number, f"Matched by {way}", False, None
    if ids:
        wanted = [each[:250] for each, _ in ids]
        rows = session.execute(
            # A message may have been moved since, by a merge or a split.
            select(
                InboundMail.message_id,
                func.coalesce(Comment.task_id, Placement.task_id).label("task_id"),
            )
            .join(Placement, Placement.inbound_mail_id == InboundMail.id)
            .outerjoin(Comment, Comment.id == Placement.comment_id)
            .where(InboundMail.message_id.in_(wanted), InboundMail.id != arrival.mail.id)
            .order_by(InboundMail.id)
        ).all()
        known = {row.message_id: row.task_id for row in rows}
        for each, way in ids:
            if each[:250] in known:
                yield known[each[:250]], f"Matched by {way}, an earlier mail", False, None
    if number := tagged(message.subject):
        yield number, "Matched by a number in its subject", True, None
