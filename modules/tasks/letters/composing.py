"""Writing letters: what was noted becomes a mail, with the rights and the facts of this moment.

Whoever takes part no more, was switched off, or lost their rights since, gets nothing; a reply that
was deleted or a notice about what may not be seen any more is dropped with its row.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote as quoted

from babel.dates import format_datetime
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.config import Settings
from groupware.database import one_at_a_time
from groupware.mail.ids import Marks
from groupware.mail.writing import Enclosed, Sheet, one_line
from groupware.mailboxes.models import Mailbox
from groupware.models import OutboundMail, User
from groupware.outbox import Write, fill
from groupware.preferences import Organisation, load
from groupware.web.words import prose
from modules.tasks.access import owns
from modules.tasks.letters import texts
from modules.tasks.letters.defaults import ANSWER_HOW, FALLBACK, PHRASES, WHAT, Phrases
from modules.tasks.letters.models import Correspondence, Letter, LetterKind
from modules.tasks.letters.telling import correspondence_of, recipients
from modules.tasks.letters.texts import Value, address, language_of, plain
from modules.tasks.letters.thread import Before, before, first_mail
from modules.tasks.mail.models import Contact, Intake
from modules.tasks.models import Attachment, Comment, State, Task
from modules.tasks.queries import comments_worked_by, files_of_reply, replies, worked_by

LARGEST_TOGETHER = 10 * 1024 * 1024
"""Of a letter's files; what is over is fetched from the desk."""
ANSWERS_AN_HOUR, ANSWERS_A_DAY = 3, 10
LONGEST_QUOTE = 10_000
LONGEST_NOTICE = 5_000
NOBODY = "somebody who is not registered"
SIGNATURE = "signature"
"""Where a person's preferences keep what stands below their replies."""


def writers(settings: Settings) -> Mapping[str, Write]:
    """Who writes each kind of letter, for this installation."""
    office = Office(settings)
    acts: dict[LetterKind, Callable[[Draft], Sheet | None]] = {
        LetterKind.REPLY: office.reply,
        LetterKind.ACKNOWLEDGEMENT: office.acknowledgement,
        LetterKind.RESOLVED: office.news,
        LetterKind.CLOSED: office.news,
        LetterKind.HANDED_OVER: office.news,
        LetterKind.NOTICE: office.notice,
    }
    return {kind: office.writer(kind, act) for kind, act in acts.items()}


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


class Office:
    """Writes letters for an installation: it knows its address, and how to mark mail as ours."""

    def __init__(self, settings: Settings) -> None:
        self.base_url = settings.base_url
        self.marks = Marks(settings.secret_key)
        host = settings.hostname
        self.host = host if "." in host.strip("0123456789.") else "localhost.localdomain"

    def writer(self, kind: LetterKind, act: Callable[[Draft], Sheet | None]) -> Write:
        """A writer as the outbox calls it."""

        def write(session: Session, row: OutboundMail, now: datetime) -> None:
            draft = _draft(session, row, kind, now)
            sheet = act(draft) if draft else None
            if draft is None or sheet is None:
                session.delete(row)
                return
            host = draft.mailbox.address.partition("@")[2] if draft.mailbox else self.host
            row.mailbox_id = draft.mailbox.id if draft.mailbox else None
            if kind == LetterKind.REPLY and draft.mailbox:
                marked = draft.mailbox.plus_addresses
                own = draft.mailbox.address
                row.envelope = self.marks.report_address(own, row.id) if marked else own
            named = (
                self.marks.comment_message_id(draft.comment_id, host)
                if draft.comment_id and kind == LetterKind.REPLY
                else self.marks.ticket_message_id(draft.ticket.id, host)
            )
            fill(row, sheet, named, now)

        return write

    def reply(self, draft: Draft) -> Sheet | None:
        """A public reply, and nothing but one: notes are not among what is read here."""
        session = draft.session
        comment = session.scalar(replies().where(Comment.id == draft.comment_id))
        if comment is None or not _still_gets_replies(draft):
            return None
        enclosed, fetched = self._files(session, comment, draft.phrases)
        own = ((comment.author.preferences or {}).get(SIGNATURE) if comment.author else "") or ""
        signature = _joined(own, _personal(draft.manner.signature, draft, comment.author))
        others = [
            each.name
            for each in recipients(session, draft.ticket)
            if each.user is not draft.person and each.user is not comment.author
        ]
        done = draft.ticket.state in (State.RESOLVED, State.CLOSED)
        values = {
            **self._values(draft, comment.author),
            "message": Value(comment.body, str(prose(comment.body))),
            "state": plain(draft.phrases.resolved if done else ""),
            "files": fetched,
            "signature": _block(signature or (comment.author.name if comment.author else "")),
            "others": plain(_named(draft.phrases.others, others)),
            "quote": _quote(draft, comment),
        }
        return self._sheet(draft, values, writer=comment.author, files=enclosed, automatic="")

    def acknowledgement(self, draft: Draft) -> Sheet | None:
        """That a request has arrived: once, seldom, and without a word of who wrote it."""
        if not _still_gets_replies(draft) or _too_many(draft):
            return None
        hours = draft.ticket.task_list.answer_hours
        values = {
            name: value
            for name, value in self._values(draft, None).items()
            if name in texts.PLACEHOLDERS[LetterKind.ACKNOWLEDGEMENT]
        }
        values["expect"] = plain(draft.phrases.expect.format(hours=hours) if hours else "")
        return self._sheet(draft, values, automatic="auto-replied")

    def news(self, draft: Draft) -> Sheet | None:
        """What became of a ticket, unless that has changed since."""
        there = {
            LetterKind.RESOLVED: draft.ticket.state == State.RESOLVED,
            LetterKind.CLOSED: draft.ticket.state == State.CLOSED
            and draft.ticket.merged_into_id is None,
            LetterKind.HANDED_OVER: draft.ticket.assignee is not None,
        }[draft.kind]
        if not there or not _still_gets_replies(draft):
            return None
        return self._sheet(
            draft, self._values(draft, draft.ticket.assignee), automatic="auto-generated"
        )

    def notice(self, draft: Draft) -> Sheet | None:
        """To an agent, with what they may see of the ticket now."""
        session, person = draft.session, draft.person
        if person is None or not session.scalar(
            worked_by(person).where(Task.id == draft.ticket.id)
        ):
            return None
        said = ""
        if draft.comment_id:
            query = comments_worked_by(person).where(Comment.id == draft.comment_id)
            comment = session.scalar(query)
            if comment is None:
                return None
            said = comment.body[:LONGEST_NOTICE]
        elif draft.reason == "filed":
            said = draft.ticket.description[:LONGEST_NOTICE]
        reply_to = ""
        if draft.mailbox and draft.mailbox.plus_addresses:
            reply_to = self.marks.notice_address(
                draft.mailbox.address, draft.ticket.id, person.id, person.credential_number
            )
        values = {
            **self._values(draft, draft.ticket.assignee),
            "what": plain(WHAT.get(draft.reason, WHAT["changed"])),
            "message": Value(said, str(prose(said))),
            "customer": plain(draft.ticket.customer.name if draft.ticket.customer else NOBODY),
            "link": address(f"{self.base_url}/support/tickets/{draft.ticket.id}"),
            "how": plain(ANSWER_HOW if reply_to else ""),
        }
        return self._sheet(draft, values, automatic="auto-generated", reply_to=reply_to)

    def _values(self, draft: Draft, agent: User | None) -> dict[str, Value]:
        return {
            "brand": plain(draft.brand),
            "number": plain(str(draft.ticket.id)),
            "list": plain(draft.ticket.task_list.name),
            "link": address(f"{self.base_url}/tickets/view/{draft.ticket.id}"),
            "subject": plain(draft.ticket.summary),
            "customer": plain(draft.name),
            "agent": plain(agent.name if agent else draft.brand),
        }

    def _sheet(
        self,
        draft: Draft,
        values: Mapping[str, Value],
        *,
        automatic: str,
        writer: User | None = None,
        files: tuple[Enclosed, ...] = (),
        reply_to: str = "",
    ) -> Sheet:
        words = texts.wording(draft.session, draft.kind, draft.language)
        filled = texts.fill(words, values, language=draft.language)
        mailbox = draft.mailbox
        sender = None
        if mailbox:
            brand = mailbox.from_name or draft.brand
            name = f"{writer.name} ({brand})" if writer else brand
            sender = (name, mailbox.sender_address)
            if not reply_to:
                own = mailbox.address
                marked = mailbox.plus_addresses
                reply_to = self.marks.answer_address(own, draft.ticket.id) if marked else own
        strung = _strung(draft)
        return Sheet(
            to=draft.row.recipient,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            sender=sender,
            reply_to=reply_to,
            in_reply_to=strung.in_reply_to,
            references=strung.references,
            automatic=automatic,
            files=files,
        )

    def _files(
        self, session: Session, comment: Comment, phrases: Phrases
    ) -> tuple[tuple[Enclosed, ...], Value]:
        """The files that go along, and a line for each that is too large to."""
        left, enclosed, lines = LARGEST_TOGETHER, [], []
        for file in session.scalars(files_of_reply(comment).order_by(Attachment.id)):
            if file.size <= left:
                left -= file.size
                enclosed.append(Enclosed(file.name, file.content_type, file.sha256))
                continue
            url = f"{self.base_url}/attachments/{file.id}/{quoted(file.name, safe='')}"
            told = one_line(phrases.file.format(file=file.name))
            lines.append((f"{told}\n{url}", f"{html.escape(told)}<br>{address(url).html}"))
        text = "\n".join(each for each, _ in lines)
        return tuple(enclosed), Value(text, "".join(f"<p>{each}</p>" for _, each in lines))


def _draft(session: Session, row: OutboundMail, kind: LetterKind, now: datetime) -> Draft | None:
    letter = session.get(Letter, row.id)
    if letter is None or letter.task.deleted_at is not None:
        return None
    ticket, person = letter.task, letter.user
    manner = correspondence_of(session, ticket.task_list)
    contact = session.get(Contact, ticket.id) if person is None else None
    name = person.name if person else contact.name if contact else ""
    return Draft(
        session,
        row,
        kind,
        ticket,
        person,
        name,
        letter.comment_id,
        letter.reason,
        _mailbox_of(session, ticket, manner),
        manner,
        load(session, Organisation).name,
        language_of(person.locale) if person else FALLBACK,
        now,
    )


def _mailbox_of(session: Session, ticket: Task, manner: Correspondence) -> Mailbox | None:
    """The list's own choice, else where the ticket came in, else what feeds the list."""
    if manner.mailbox_id:
        return session.get(Mailbox, manner.mailbox_id)
    if (mail := first_mail(session, ticket)) is not None:
        return mail.mailbox
    feeding = select(Mailbox).join(Intake, Intake.mailbox_id == Mailbox.id)
    return session.scalar(
        feeding.where(Intake.task_list_id == ticket.task_list_id).order_by(Mailbox.id).limit(1)
    )


def _still_gets_replies(draft: Draft) -> bool:
    """True where this person, or contact, still has a part in the ticket."""
    if draft.person is not None:
        return owns(draft.session, draft.person, draft.ticket)
    contact = draft.session.get(Contact, draft.ticket.id)
    return draft.ticket.customer_id is None and contact is not None


def _too_many(draft: Draft) -> bool:
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


def _strung(draft: Draft) -> Before:
    if draft.kind == LetterKind.NOTICE:
        return Before("", ())
    person = draft.person
    theirs = (
        [each.folded for each in person.addresses] if person else [draft.row.recipient.casefold()]
    )
    return before(draft.session, draft.ticket, addresses=theirs, recipient=draft.row.recipient)


def _quote(draft: Draft, comment: Comment) -> Value:
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


def _personal(signature: str, draft: Draft, agent: User | None) -> str:
    for name, value in (
        ("{agent}", agent.name if agent else draft.brand),
        ("{brand}", draft.brand),
        ("{list}", draft.ticket.task_list.name),
    ):
        signature = signature.replace(name, value)
    return signature


def _joined(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())


def _block(text: str) -> Value:
    """A signature, set off as mail programs know it."""
    markup = html.escape(text).replace("\n", "<br>")
    return Value(f"-- \n{text}", f"<p>-- <br>{markup}</p>") if text else plain("")


def _named(phrase: str, names: list[str]) -> str:
    if not names:
        return ""
    told = ", ".join(names[:5]) + (f" + {len(names) - 5}" if len(names) > 5 else "")
    return phrase.format(names=told)
