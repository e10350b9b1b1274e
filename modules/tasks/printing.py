"""A ticket on paper: its whole conversation by one face, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload

from modules.tasks.models import Attachment, Comment, Kind, Task

MOST = 1_000


@dataclass(frozen=True)
class Said:
    """A message, as it stands on paper."""

    author: str
    at: datetime
    note: bool
    staff: bool
    body: str
    files: Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """What the template draws."""

    ticket: Task
    files: Sequence[str]
    said: Sequence[Said]
    more: bool  # than are printed


def sheet(
    session: Session, ticket: Task, comments: Select[Comment], files: Select[Attachment]
) -> Sheet:
    """The sheet of a ticket that may be seen, of these of its messages and files."""
    found = session.scalars(
        comments.where(Comment.task_id == ticket.id)
        .options(joinedload(Comment.author))
        .order_by(Comment.created, Comment.id)
        .limit(MOST + 1)
    ).all()
    names = _names(session, files.where(Attachment.task_id == ticket.id).limit(MOST))
    said = [
        Said(
            author=each.author.name if each.author else "Somebody",
            at=each.created,
            note=each.kind == Kind.NOTE,
            staff=each.from_staff,
            body=each.body,
            files=names.get(each.id, ()),
        )
        for each in found[:MOST]
    ]
    return Sheet(ticket, names.get(None, ()), said, more=len(found) > MOST)


def _names(session: Session, files: Select[Attachment]) -> Mapping[int | None, list[str]]:
    found: dict[int | None, list[str]] = {}
    for file in session.scalars(files.order_by(Attachment.id)):
        found.setdefault(file.comment_id, []).append(file.name)
    return found
