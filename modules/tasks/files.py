"""Files of tickets and comments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import uploads
from groupware.models import Upload, User
from modules.tasks.models import Attachment, Comment, Kind, Task


class Incoming(Protocol):
    """A file whose bytes are in the store already, such as an upload."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


def attach(
    session: Session,
    actor: User | None,
    ticket: Task,
    comment: Comment | None,
    incoming: Sequence[Incoming],
    *,
    now: datetime,
    most: int | None = uploads.MOST_FILES,
) -> list[Attachment]:
    """Make these files a ticket's, or a comment's; an upload is used up by it."""
    if most is not None:
        uploads.check_number(incoming)
    if not incoming:
        return []
    made = [
        Attachment(
            task=ticket,
            task_id=ticket.id,
            comment_id=comment.id if comment else None,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            added_by_id=actor.id if actor else None,
            created=now,
        )
        for file in incoming
    ]
    session.add_all(made)
    for file in incoming:
        if isinstance(file, Upload):
            session.delete(file)
    _count(ticket, comment, len(made))
    if ticket not in session.new:  # one that is new is written together with others
        session.flush()
    return made


def detach(session: Session, ticket: Task, comment: Comment) -> None:
    """Remove a comment's files; their bytes go when nothing names them any more."""
    found = session.scalars(select(Attachment).where(Attachment.comment_id == comment.id)).all()
    for attachment in found:
        session.delete(attachment)
    _count(ticket, comment, -len(found))
    session.flush()


def _count(ticket: Task, comment: Comment | None, more: int) -> None:
    if comment is not None and comment.kind == Kind.NOTE:
        ticket.note_file_count += more
    else:
        ticket.file_count += more
