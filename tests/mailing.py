"""Mail for tests: written in a line, journalled and processed as it is in the product."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.blobs import Folder
from groupware.database import Database
from groupware.mail.ids import Marks
from groupware.mailboxes import arrivals, processing
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.models import InboundMail, Mailbox
from groupware.mailboxes.outcome import Outcome
from groupware.mailboxes.processing import Mailroom
from groupware.models import User
from modules.tasks.mail.models import Intake, Unknown
from modules.tasks.models import TaskList
from tests.factories import Make

ADDRESS = "support@maple.example"
KEY = "k" * 40
_numbers = count(1)


def mail(
    sender: User | str,
    body: str = "It does not work.",
    *,
    subject: str = "Printer",
    to: str = ADDRESS,
    message_id: str = "",
    headers: str = "",
    date: str = "Mon, 02 Mar 2026 12:00:00 +0000",
) -> bytes:
    """A plain mail as bytes."""
    address = sender if isinstance(sender, str) else f"{sender.name} <{sender.address}>"
    message_id = message_id or f"<m{next(_numbers)}@outside.example>"
    head = (
        f"From: {address}\nTo: {to}\nSubject: {subject}\nMessage-ID: {message_id}\n"
        f"Date: {date}\n{headers}"
    )
    if headers and not headers.endswith("\n"):
        head += "\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()


@dataclass
class Post:
    """A mailbox that feeds a list; `post(raw)` tells what became of a mail."""

    make: Make
    database: Database
    room: Mailroom
    mailbox: Mailbox
    intake: Intake

    def __call__(self, raw: bytes, *, recipient: str = "", archive: bool = False) -> Outcome:
        return self.process(self.journal(raw, recipient=recipient, archive=archive))

    def journal(self, raw: bytes, **values: Any) -> int:
        arrived = [Arrived(raw, **values)]
        blobs = arrivals.store(self.room.store, arrived)
        self.make.session.commit()
        with self.database.writing() as session:
            mailbox = session.scalars(select(Mailbox).where(Mailbox.address == ADDRESS)).one()
            ids = arrivals.journal(session, mailbox, arrived, blobs, now=self.make.later())
        return ids[0]

    def process(self, mail_id: int) -> Outcome:
        self.make.session.commit()
        outcome = processing.process(self.room, mail_id, now=self.make.later())
        self.make.session.expire_all()
        return outcome

    def row(self, mail_id: int) -> InboundMail:
        return self.make.session.get_one(InboundMail, mail_id)


def post_to(
    make: Make,
    database: Database,
    folder: Any,
    task_list: TaskList,
    *,
    unknown: Unknown = Unknown.CONTACT,
    **values: Any,
) -> Post:
    """A mailbox without a server that feeds this list."""
    session: Session = make.session
    mailbox = Mailbox(name="Support", address=ADDRESS, created_at=make.now, **values)
    session.add(mailbox)
    session.flush()
    intake = Intake(mailbox_id=mailbox.id, task_list_id=task_list.id, unknown=unknown)
    session.add(intake)
    session.commit()
    room = Mailroom(database, Folder(folder), Marks(KEY))
    return Post(make, database, room, mailbox, intake)
