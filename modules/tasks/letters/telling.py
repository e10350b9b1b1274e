"""What happens to a ticket, and who gets a letter about it: noted with its cause, written later.

A reply goes to the customer and whoever takes part, but for its writer. It waits ten seconds, in
which it can be taken back. The other letters to customers are the list's choice. None of these
handlers is called for a note: a note's event has no handler here, and its writers read replies only.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from groupware import outbox
from groupware.events import Event, Handler
from groupware.memory import remembered
from groupware.models import Address, OutboundMail, User
from modules.tasks import events
from modules.tasks.letters.models import Acknowledge, Correspondence, Letter, LetterKind
from modules.tasks.letters.thread import addresses_written_from
from modules.tasks.mail.events import TicketMailed
from modules.tasks.mail.models import Contact
from modules.tasks.models import Participant, Task, TaskList
from modules.tasks.notices.events import NoticeGiven

UNDO = timedelta(seconds=10)
"""How long a letter about an act waits, so that the act can be taken back."""
MOST_RECIPIENTS = 50

_QUIET = "no letters"


@dataclass(frozen=True)
class Recipient:
    """To whom a letter goes; an unregistered contact is no user."""

    address: str
    name: str
    user: User | None
    is_customer: bool


@contextmanager
def unwritten(session: Session) -> Iterator[None]:
    """What is done meanwhile is written to nobody: for archives that are read in, and examples."""
    session.info[_QUIET] = True
    try:
        yield
    finally:
        session.info.pop(_QUIET, None)


def correspondence_of(session: Session, task_list: TaskList) -> Correspondence:
    """How a list writes; the defaults where nobody has said."""
    key = ("correspondence", task_list.id)
    kept = remembered(session, key, lambda: session.get(Correspondence, task_list.id))
    return kept or Correspondence(
        task_list_id=task_list.id,
        acknowledge=Acknowledge.MAIL,
        tell_resolved=True,
        tell_closed=True,
        tell_handed_over=False,
        quote=False,
        signature="",
    )


def recipients(session: Session, ticket: Task) -> list[Recipient]:
    """Who gets the replies of a ticket, the customer first: active people with a known address."""
    written_from = addresses_written_from(session, ticket)
    found = []
    people = session.execute(
        select(User, Participant.is_customer)
        .join(Participant, Participant.user_id == User.id)
        .where(Participant.task_id == ticket.id, User.active)
        .options(selectinload(User.addresses))
        .order_by(Participant.is_customer.desc(), User.name, User.id)
        .limit(MOST_RECIPIENTS)
    )
    for person, is_customer in people:
        if address := address_of(person.addresses, written_from):
            found.append(Recipient(address, person.name, person, is_customer))
    if ticket.customer_id is None:
        found[:0] = _asker(session, ticket, written_from)
    return found


def _asker(
    session: Session, ticket: Task, written_from: Sequence[str], contact: Contact | None = None
) -> list[Recipient]:
    """Customer or contact, where there is an address to write to."""
    if (person := ticket.customer) is not None:
        address = address_of(person.addresses, written_from) if person.active else ""
        return [Recipient(address, person.name, person, is_customer=True)] if address else []
    contact = contact or session.get(Contact, ticket.id)
    return [Recipient(contact.address, contact.name, None, is_customer=True)] if contact else []


def address_of(addresses: Sequence[Address], written_from: Sequence[str]) -> str:
    """Where to write to: from where they wrote last, else their first address that is verified."""
    for sender in written_from:
        for each in addresses:
            if each.folded == sender:
                return each.address
    return next((each.address for each in addresses if each.verified), "")


def replied(session: Session, event: events.TicketReplied) -> None:
    """A reply goes to everybody who takes part, but for who wrote it."""
    for recipient in recipients(session, event.ticket):
        if recipient.user is None or recipient.user is not event.by:
            _note(session, event, LetterKind.REPLY, recipient, comment_id=event.comment.id)


def filed(session: Session, event: events.TicketFiled) -> None:
    """A request from a page is acknowledged where its list says so."""
    wanted = correspondence_of(session, event.ticket.task_list).acknowledge
    if wanted == Acknowledge.ALWAYS and event.ticket.source in ("web", "api"):
        _acknowledge(session, event)


def mailed(session: Session, event: TicketMailed) -> None:
    """A request by mail is acknowledged, unless a machine wrote it: `quiet` says so."""
    wanted = correspondence_of(session, event.ticket.task_list).acknowledge
    if event.comment is None and not event.quiet and wanted != Acknowledge.NEVER:
        for asker in _asker(session, event.ticket, [event.mail.sender], event.contact):
            _note(session, event, LetterKind.ACKNOWLEDGEMENT, asker)


def resolved(session: Session, event: events.TicketResolved) -> None:
    """The customer is told, unless a reply that was sent at the same time says so."""
    if correspondence_of(session, event.ticket.task_list).tell_resolved:
        _to_customer(session, event, LetterKind.RESOLVED)


def closed(session: Session, event: events.TicketClosed) -> None:
    """The customer is told that it is over."""
    if correspondence_of(session, event.ticket.task_list).tell_closed:
        _to_customer(session, event, LetterKind.CLOSED)


def assigned(session: Session, event: events.TicketAssigned) -> None:
    """The customer is told who looks after it now, where the list says so."""
    other = event.to is not None and event.to is not event.ticket.customer
    if other and correspondence_of(session, event.ticket.task_list).tell_handed_over:
        _to_customer(session, event, LetterKind.HANDED_OVER)


def noticed(session: Session, event: NoticeGiven) -> None:
    """An agent who chose so is told by mail."""
    if not event.mail:
        return
    address = address_of(event.person.addresses, ())
    if not address:
        return
    at = event.notice.at
    mail = outbox.note(
        session, LetterKind.NOTICE, to=address, subject=event.ticket.summary,
        due_at=at + UNDO, now=at,
    )  # fmt: skip
    session.add(
        Letter(
            mail=mail,
            task=event.ticket,
            comment_id=event.comment.id if event.comment else None,
            user_id=event.person.id,
            reason=event.reason,
        )
    )


def _unless_quiet(handler: Handler) -> Handler:
    def handle(session: Session, event: Any) -> None:
        if not session.info.get(_QUIET):
            handler(session, event)

    return handle


HANDLERS: dict[type[Event], list[Handler]] = {
    events.TicketFiled: [_unless_quiet(filed)],
    TicketMailed: [_unless_quiet(mailed)],
    events.TicketReplied: [_unless_quiet(replied)],
    events.TicketResolved: [_unless_quiet(resolved)],
    events.TicketClosed: [_unless_quiet(closed)],
    events.TicketAssigned: [_unless_quiet(assigned)],
    NoticeGiven: [_unless_quiet(noticed)],
}


def _acknowledge(session: Session, event: events.TicketEvent) -> None:
    for recipient in recipients(session, event.ticket):
        if recipient.is_customer:
            _note(session, event, LetterKind.ACKNOWLEDGEMENT, recipient)


def _to_customer(session: Session, event: events.TicketEvent, kind: LetterKind) -> None:
    ticket, by_customer = event.ticket, event.by is not None and event.by is event.ticket.customer
    if by_customer or _said_in_a_reply(session, ticket, event.at):
        return
    for recipient in recipients(session, ticket):
        if recipient.is_customer:
            _note(session, event, kind, recipient)


def _said_in_a_reply(session: Session, ticket: Task, at: datetime) -> bool:
    reply = select(Letter.mail_id).where(
        Letter.task_id == ticket.id, Letter.comment_id.is_not(None), Letter.reason == ""
    )
    with_it = reply.join(Letter.mail).where(
        OutboundMail.created_at == at, OutboundMail.kind == LetterKind.REPLY
    )
    return session.scalar(with_it.limit(1)) is not None


def _note(
    session: Session,
    event: events.TicketEvent,
    kind: LetterKind,
    recipient: Recipient,
    *,
    comment_id: int | None = None,
) -> None:
    mail = outbox.note(
        session,
        kind,
        to=recipient.address,
        subject=event.ticket.summary,
        due_at=event.at + UNDO,
        now=event.at,
    )
    session.add(
        Letter(
            mail=mail,
            task=event.ticket,
            comment_id=comment_id,
            user_id=recipient.user.id if recipient.user else None,
        )
    )
