"""A desk that writes letters: a mailbox, a list that it feeds, and what left the house."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy.orm import Session

from groupware import outbox
from groupware.config import Settings
from groupware.database import Database
from groupware.mailboxes.models import InboundMail, Mailbox
from groupware.models import User
from groupware.outbox import Mail
from modules.tasks.letters import composing
from modules.tasks.mail.models import Intake, Placement
from modules.tasks.models import Comment, Task, TaskList
from tests.factories import NOON

ADDRESS = "support@desk.example"


def mailbox(
    session: Session, task_list: TaskList, address: str = ADDRESS, **values: Any
) -> Mailbox:
    """A mailbox that feeds this list."""
    made = Mailbox(name=address, address=address, created_at=NOON, **values)
    session.add(made)
    session.flush()
    session.add(Intake(mailbox_id=made.id, task_list_id=task_list.id))
    session.flush()
    return made


def came(
    session: Session, box: Mailbox, ticket: Task, sender: str, message_id: str,
    comment: Comment | None = None, at: datetime = NOON,
) -> None:  # fmt: skip
    """A mail of this sender is in the ticket."""
    mail = InboundMail(
        mailbox_id=box.id, uid=message_id, sha256="0" * 64, size=1, received_at=at, due_at=at,
        sender=sender, message_id=message_id,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    session.add(
        Placement(
            inbound_mail_id=mail.id,
            task_id=ticket.id,
            comment_id=comment.id if comment else None,
            at=at,
        )
    )
    session.flush()


@dataclass
class Office:
    """Writes and sends, to a server that takes everything unless told otherwise."""

    database: Database
    settings: Settings
    session: Session
    sent: list[Mail] = field(default_factory=list)
    server: Callable[[Mail], object] | None = None

    def send(self, after: timedelta = timedelta(hours=1), *, at: datetime = NOON) -> list[Mail]:
        """Commit, and let everything go that is due then; what has gone now."""
        self.session.commit()
        before = len(self.sent)
        outbox.write(self.database, composing.writers(self.settings), lambda: at + after)
        outbox.sweep(self.database, self.server or self.sent.append, lambda: at + after)
        self.session.expire_all()
        return self.sent[before:]

    def to(self, *people: User) -> list[Mail]:
        """What went to these people."""
        theirs = {each.address for person in people for each in person.addresses}
        return [mail for mail in self.sent if mail.recipient in theirs]


def read(mail: Mail) -> EmailMessage:
    """A mail as a mail program reads it."""
    message = message_from_bytes(mail.message, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: Mail) -> str:
    body = read(mail).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html_of(mail: Mail) -> str:
    body = read(mail).get_body(("html",))
    assert body is not None
    return str(body.get_content())
