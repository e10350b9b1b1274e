"""What became of the letters that carried a reply, as its readers on the desk are shown it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from groupware import outbox
from groupware.events import Event, Handler
from groupware.mail.message import Bounce, BounceRecipient
from groupware.mail.writing import ascii_address
from groupware.models import Delivery, Level, OutboundMail, User
from groupware.outbox import MailUndelivered
from modules.tasks.access import require
from modules.tasks.history import changed
from modules.tasks.letters.models import Letter, LetterKind
from modules.tasks.letters.telling import address_of
from modules.tasks.letters.thread import addresses_written_from
from modules.tasks.mail.events import DeliveryReported
from modules.tasks.models import Comment

MOST_SHOWN = 500

REASONS = {
    "5.1": "There is no such address",
    "5.2": "The mailbox is full or does not take this mail",
    "5.3": "The receiving server does not take this mail",
    "5.4": "The receiving server could not be reached",
    "5.5": "The servers did not understand each other",
    "5.6": "The receiving server could not handle its contents",
    "5.7": "The receiving server refused it by its rules",
}


_OF_REPLIES = (
    select(
        Letter.comment_id,
        OutboundMail.recipient,
        OutboundMail.state,
        OutboundMail.error,
        OutboundMail.due_at,
        OutboundMail.tries,
    )
    .join(OutboundMail, OutboundMail.id == Letter.mail_id)
    .where(
        Letter.comment_id.in_(bindparam("replies", expanding=True)),
        OutboundMail.kind == LetterKind.REPLY,
    )
    .order_by(OutboundMail.id)
    .limit(MOST_SHOWN)
)


@dataclass(frozen=True)
class Sending:
    """One letter of a reply."""

    to: str
    state: Delivery
    error: str
    next_try: datetime | None


@dataclass(frozen=True)
class Deliveries:
    """All letters of a reply: what needs somebody stands first."""

    sent: int
    open: tuple[Sending, ...]  # all that are not sent

    @property
    def trouble(self) -> bool:
        return any(each.state in (Delivery.FAILED, Delivery.HELD) for each in self.open)

    @property
    def untouched(self) -> bool:
        """True while nothing was tried: the reply can still be taken back."""
        fresh = (each.state == Delivery.WAITING and not each.next_try for each in self.open)
        return not self.sent and all(fresh)

    @property
    def may_retry(self) -> bool:
        return self.trouble or any(each.next_try for each in self.open)


def of_replies(session: Session, comment_ids: Collection[int]) -> dict[int, Deliveries]:
    """What became of these replies' letters, by the reply: one statement."""
    rows = session.execute(_OF_REPLIES, {"replies": list(comment_ids)}).all()
    found: dict[int | None, list[Sending]] = {}
    for comment_id, to, state, error, due_at, tries in rows:
        later = due_at if state == Delivery.WAITING and tries else None
        found.setdefault(comment_id, []).append(Sending(to, Delivery(state), error, later))
    return {comment_id: _summed_up(each) for comment_id, each in found.items() if comment_id}


def retry(session: Session, actor: User, comment: Comment, *, now: datetime) -> None:
    """Try what did not get through again, to the address that the person has now."""
    require(session, actor, Level.WRITE, comment.task.task_list)
    written_from = addresses_written_from(session, comment.task)
    letters = session.scalars(
        select(Letter)
        .join(OutboundMail, OutboundMail.id == Letter.mail_id)
        .where(
            Letter.comment_id == comment.id,
            OutboundMail.kind == LetterKind.REPLY,
            OutboundMail.state.in_((Delivery.FAILED, Delivery.HELD, Delivery.WAITING)),
        )
        .limit(MOST_SHOWN)
    )
    for letter in letters:
        row, person = letter.mail, letter.user
        address = ascii_address(address_of(person.addresses, written_from)) if person else None
        if address and address != row.recipient:
            row.recipient, row.message, row.error = address, outbox.UNWRITTEN, ""
        outbox.retry(session, row, now=now)


def reported(session: Session, event: DeliveryReported) -> None:
    """A server reports on a letter of ours: 5.x is a failure, anything else is written down."""
    row = session.get(OutboundMail, event.delivery)
    if row is None:
        return
    at = event.mail.received_at
    for each in _about(row, event.bounce):
        if event.bounce.kind == "delivery" and _is_final(each):
            reason = REASONS.get(each.status[:3], "It could not be delivered")
            row.state, row.error = Delivery.FAILED, f"{reason} ({each.status or each.action})."
            outbox.logged(row, f"Reported by a mail server: {row.error}", at)
            failed(session, MailUndelivered(mail=row, at=at))
            return
        outbox.logged(row, f"Reported by a mail server: {each.action} {each.status}".strip(), at)


def failed(session: Session, event: MailUndelivered) -> None:
    """The ticket says that a reply did not get through, so that somebody sees it."""
    letter = session.get(Letter, event.mail.id)
    if letter is not None and event.mail.kind == LetterKind.REPLY:
        changed(
            session, None, letter.task, "undelivered", now=event.at, public=False,
            comment=letter.comment_id, address=[None, event.mail.recipient],
        )  # fmt: skip


HANDLERS: dict[type[Event], list[Handler]] = {
    DeliveryReported: [reported],
    MailUndelivered: [failed],
}


def _summed_up(sendings: list[Sending]) -> Deliveries:
    order = (Delivery.FAILED, Delivery.HELD, Delivery.WAITING, Delivery.CLAIMED)
    waiting = [each for each in sendings if each.state != Delivery.SENT]
    waiting.sort(key=lambda each: order.index(each.state))
    return Deliveries(len(sendings) - len(waiting), tuple(waiting))


def _about(row: OutboundMail, bounce: Bounce) -> list[BounceRecipient]:
    """What is told of this letter's receiver: a letter has one, whatever address it was led on to."""
    own = [
        each for each in bounce.recipients if each.recipient.casefold() == row.recipient.casefold()
    ]
    return own or list(bounce.recipients)[:1] or [BounceRecipient(row.recipient, "", "unknown")]


def _is_final(recipient: BounceRecipient) -> bool:
    if recipient.status:
        return recipient.status.startswith("5")
    return recipient.action == "failed"
