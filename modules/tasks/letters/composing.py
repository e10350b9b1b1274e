"""Writing letters: what was noted becomes a mail, with the rights and the facts of this moment.

Whoever takes part no more, was switched off, or lost their rights since, gets nothing; a reply that
was deleted or a notice about what may not be seen any more is dropped with its row.
"""

import html
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote as quoted

from sqlalchemy.orm import Session

from groupware.config import Settings
from groupware.mail.ids import Marks
from groupware.mail.writing import Enclosed, Sheet, one_line
from groupware.models import OutboundMail, User
from groupware.outbox import Write, fill
from groupware.web.words import prose
from modules.tasks.letters import texts
from modules.tasks.letters.defaults import ANSWER_HOW, NOTE_HOW, WHAT, Phrases
from modules.tasks.letters.drafting import (
    SIGNATURE,
    Draft,
    block,
    draft_of,
    joined,
    named,
    personal,
    quote,
    still_gets_replies,
    strung,
    too_many,
)
from modules.tasks.letters.models import LetterKind
from modules.tasks.letters.telling import recipients
from modules.tasks.letters.texts import Value, address, plain
from modules.tasks.models import Attachment, Comment, State, Task
from modules.tasks.queries import comments_worked_by, files_of_reply, replies, worked_by

LARGEST_TOGETHER = 10 * 1024 * 1024
"""Of a letter's files; what is over is fetched from the desk."""
LONGEST_NOTICE = 5_000
NOBODY = "somebody who is not registered"


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
            draft = draft_of(session, row, kind, now)
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
            message_id = (
                self.marks.comment_message_id(draft.comment_id, host)
                if draft.comment_id and kind == LetterKind.REPLY
                else self.marks.ticket_message_id(draft.ticket.id, host)
            )
            fill(row, sheet, message_id, now)

        return write

    def reply(self, draft: Draft) -> Sheet | None:
        """A public reply, and nothing but one: notes are not among what is read here."""
        session = draft.session
        comment = session.scalar(replies().where(Comment.id == draft.comment_id))
        if comment is None or not still_gets_replies(draft):
            return None
        enclosed, fetched = self._files(session, comment, draft.phrases)
        own = ((comment.author.preferences or {}).get(SIGNATURE) if comment.author else "") or ""
        signature = joined(own, personal(draft.manner.signature, draft, comment.author))
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
            "signature": block(signature or (comment.author.name if comment.author else "")),
            "others": plain(named(draft.phrases.others, others)),
            "quote": quote(draft, comment),
        }
        return self._sheet(draft, values, writer=comment.author, files=enclosed, automatic="")

    def acknowledgement(self, draft: Draft) -> Sheet | None:
        """That a request has arrived: once, seldom, and without a word of who wrote it."""
        if not still_gets_replies(draft) or too_many(draft):
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
        if not there or not still_gets_replies(draft):
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
        reply_to = how = ""
        if draft.mailbox and draft.mailbox.plus_addresses:
            how = ANSWER_HOW if draft.mailbox.authserv_id else NOTE_HOW
            reply_to = self.marks.notice_address(
                draft.mailbox.address, draft.ticket.id, person.id, person.credential_number
            )
        values = {
            **self._values(draft, draft.ticket.assignee),
            "what": plain(WHAT.get(draft.reason, WHAT["changed"])),
            "message": Value(said, str(prose(said))),
            "customer": plain(draft.ticket.customer.name if draft.ticket.customer else NOBODY),
            "link": address(f"{self.base_url}/support/tickets/{draft.ticket.id}"),
            "how": plain(how),
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
        before = strung(draft)
        return Sheet(
            to=draft.row.recipient,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            sender=sender,
            reply_to=reply_to,
            in_reply_to=before.in_reply_to,
            references=before.references,
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
