"""What a letter is about, gathered once, and the parts of it that need the database."""

import html
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_datetime
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from groupware.database import one_at_a_time
from groupware.mailboxes.models import Mailbox
from groupware.models import OutboundMail, User
from groupware.preferences import Organisation, load
from groupware.web.words import prose
from modules.tasks.access import owns
from modules.tasks.letters.defaults import PHRASES, Phrases
from modules.tasks.letters.models import Correspondence, Letter, LetterKind
from modules.tasks.letters.telling import correspondence_of
from modules.tasks.letters.texts import Value, language_of, plain
from modules.tasks.letters.thread import Before, before, first_mail
from modules.tasks.mail.models import Contact, Intake, IntakeRule
from modules.tasks.models import Comment, Task
from modules.tasks.queries import replies

ANSWERS_AN_HOUR, ANSWERS_A_DAY = 3, 10
LONGEST_QUOTE = 10_000
SIGNATURE = "signature"
"""Where a person's preferences keep what stands below their replies."""


@dataclass
class Draft:
    """What a letter is about and to whom it goes, gathered once."""

    session: Session
    row: OutboundMail
    kind: LetterKind
    ticket: Task
    person: User | None
    name: str
    comment_id: int | None
    reason: str
    mailbox: Mailbox | None
    manner: Correspondence
    brand: str
    language: str
    now: datetime

    @property
    def phrases(self) -> Phrases:
        return PHRASES[self.language]


def draft_of(session: Session, row: OutboundMail, kind: LetterKind, now: datetime) -> Draft | None:
    """What a noted letter is about; None where its ticket is gone."""
    letter = session.get(Letter, row.id)
    if letter is None or letter.task.deleted_at is not None:
        return None
    ticket, person = letter.task, letter.user
    manner = correspondence_of(session, ticket.task_list)
    contact = session.get(Contact, ticket.id) if person is None else None
    name = person.name if person else contact.name if contact else ""
    desk = load(session, Organisation)
    return Draft(
        session,
        row,
        kind,
        ticket,
        person,
        name,
        letter.comment_id,
        letter.reason,
        mailbox_of(session, ticket, manner),
        manner,
        desk.name,
        language_of(person.locale if person else desk.locale),
        now,
    )


def mailbox_of(session: Session, ticket: Task, manner: Correspondence) -> Mailbox | None:
    """The list's own choice, else where the ticket came in, else what feeds the list, by itself or
    by a rule; else the desk's first, so that answers find their way whatever list it is."""
    if manner.mailbox_id:
        return session.get(Mailbox, manner.mailbox_id)
    if (mail := first_mail(session, ticket)) is not None:
        return mail.mailbox
    by_rule = select(IntakeRule.id).where(
        IntakeRule.mailbox_id == Mailbox.id, IntakeRule.task_list_id == ticket.task_list_id
    )
    feeds = case((Intake.task_list_id == ticket.task_list_id, 2), (by_rule.exists(), 1), else_=0)
    return session.scalar(
        select(Mailbox)
        .join(Intake, Intake.mailbox_id == Mailbox.id)
        .order_by(feeds.desc(), Mailbox.id)
        .limit(1)
    )


def still_gets_replies(draft: Draft) -> bool:
    """True where this person, or contact, still has a part in the ticket."""
    if draft.person is not None:
        return owns(draft.session, draft.person, draft.ticket)
    contact = draft.session.get(Contact, draft.ticket.id)
    return draft.ticket.customer_id is None and contact is not None


def too_many(draft: Draft) -> bool:
    """True where this address has had its acknowledgements of an hour, or of a day."""
    one_at_a_time(draft.session, f"acknowledge {draft.row.recipient}")
    limits = ((timedelta(hours=1), ANSWERS_AN_HOUR), (timedelta(days=1), ANSWERS_A_DAY))
    for span, most in limits:
        had = draft.session.scalar(
            select(func.count()).where(
                OutboundMail.recipient == draft.row.recipient,
                OutboundMail.kind == LetterKind.ACKNOWLEDGEMENT,
                OutboundMail.created_at > draft.now - span,
                OutboundMail.message != b"",
            )
        )
        if (had or 0) >= most:
            return True
    return False


def strung(draft: Draft) -> Before:
    """What of this conversation the receiver has; a notice begins one of its own."""
    if draft.kind == LetterKind.NOTICE:
        return Before("", ())
    person = draft.person
    theirs = (
        [each.folded for each in person.addresses] if person else [draft.row.recipient.casefold()]
    )
    return before(draft.session, draft.ticket, addresses=theirs, recipient=draft.row.recipient)


def quote(draft: Draft, comment: Comment) -> Value:
    """The receiver's own last words before a reply: nobody is quoted somebody else's."""
    if not draft.manner.quote or draft.person is None:
        return plain("")
    last = draft.session.scalar(
        replies()
        .where(
            Comment.task_id == draft.ticket.id,
            Comment.author_id == draft.person.id,
            Comment.id < comment.id,
        )
        .order_by(Comment.id.desc())
        .limit(1)
    )
    if last is not None:
        at, said = last.created, last.body
    elif draft.ticket.created_by_id == draft.person.id:
        at, said = draft.ticket.created, draft.ticket.description
    else:
        return plain("")
    said = said[:LONGEST_QUOTE]
    when = format_datetime(at, "d MMMM yyyy, HH:mm", locale=draft.language)
    head = draft.phrases.wrote.format(date=f"{when} UTC")
    text = "\n".join([head, *(f"> {line}" for line in said.splitlines())])
    return Value(text, f"<p>{html.escape(head)}</p><blockquote>{prose(said)}</blockquote>")


def personal(signature: str, draft: Draft, agent: User | None) -> str:
    """A list\'s signature with its few placeholders filled in."""
    for name, value in (
        ("{agent}", agent.name if agent else draft.brand),
        ("{brand}", draft.brand),
        ("{list}", draft.ticket.task_list.name),
    ):
        signature = signature.replace(name, value)
    return signature


def joined(*parts: str) -> str:
    """The parts that are not empty, below each other."""
    return "\n".join(part.strip() for part in parts if part.strip())


def block(text: str) -> Value:
    """A signature, set off as mail programs know it."""
    markup = html.escape(text).replace("\n", "<br>")
    return Value(f"-- \n{text}", f"<p>-- <br>{markup}</p>") if text else plain("")


def named(phrase: str, names: list[str]) -> str:
    """A phrase with these names, the first few of many; nothing where there are none."""
    if not names:
        return ""
    told = ", ".join(names[:5]) + (f" + {len(names) - 5}" if len(names) > 5 else "")
    return phrase.format(names=told)
