"""Taking a reply back, as long as none of its mails has left the house.

What the reply had brought with it (somebody was assigned, the status changed) is told by the
journal's entries of the same person at the same time; each is undone where it still stands.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from groupware.errors import Conflict, Forbidden
from groupware.models import Delivery, JournalEntry, Level, OutboundMail, Upload, User
from modules.tasks import conversation, tickets
from modules.tasks.access import require
from modules.tasks.history import ENTITY
from modules.tasks.letters.models import Letter
from modules.tasks.letters.telling import UNDO, unwritten
from modules.tasks.models import Attachment, Comment, Kind, State, Task, Waiting
from modules.tasks.queries import files_of_reply
from modules.tasks.together import drafts

GRACE = timedelta(seconds=5)
"""For the way of the request that takes back, where the worker has not been quicker."""
TOO_LATE = "It is too late: this reply is on its way already."


@dataclass(frozen=True)
class TakenBack:
    """What was written, for the composer; the secrets name its files, as uploads do."""

    body: str
    files: Sequence[tuple[str, Upload]]


def seconds_to_take_back(comment: Comment, actor: User, now: datetime) -> int:
    """For how long its writer can still have a staff reply back; 0 for everything else."""
    mine = comment.kind == Kind.REPLY and comment.from_staff and comment.author_id == actor.id
    left = UNDO - (now - comment.created)
    return ceil(left.total_seconds()) if mine and left > timedelta(0) else 0


def take_back(session: Session, actor: User, comment: Comment, *, now: datetime) -> TakenBack:
    """Unsay a reply: no mail of it is sent, its text is the writer's draft, the ticket as before."""
    ticket = comment.task
    require(session, actor, Level.WRITE, ticket.task_list)
    if comment.kind != Kind.REPLY or not comment.from_staff or comment.author_id != actor.id:
        raise Forbidden
    if now - comment.created > UNDO + GRACE or conversation.answered(session, comment):
        raise Conflict(TOO_LATE)
    _withdraw(session, comment)
    body, at = comment.body, comment.created
    kept = list(session.scalars(files_of_reply(comment).order_by(Attachment.id)))
    files = [_as_upload(session, actor, file, now) for file in kept]
    with unwritten(session):
        for entry in _brought_along(session, actor, ticket, comment.id, at):
            _undo(session, actor, ticket, entry, now=now)
        conversation.remove(session, actor, comment, "taken_back", now=now)
    drafts.keep(session, actor, ticket, Kind.REPLY, body, now=now)
    return TakenBack(body, files)


def _withdraw(session: Session, comment: Comment) -> None:
    """Drop the reply's letters, and those about what it brought along; refuse where one has left."""
    rows = session.scalars(
        select(OutboundMail)
        .join(Letter, Letter.mail_id == OutboundMail.id)
        .where(Letter.task_id == comment.task_id, OutboundMail.created_at == comment.created)
        .with_for_update(of=OutboundMail)
    ).all()
    if any(row.state not in (Delivery.WAITING, Delivery.FAILED) or row.tries for row in rows):
        raise Conflict(TOO_LATE)
    ids = [row.id for row in rows]
    session.execute(delete(Letter).where(Letter.mail_id.in_(ids)))
    session.execute(delete(OutboundMail).where(OutboundMail.id.in_(ids)))


def _as_upload(
    session: Session, actor: User, file: Attachment, now: datetime
) -> tuple[str, Upload]:
    secret = secrets.token_urlsafe(32)
    upload = Upload(
        token_hash=hashlib.sha256(secret.encode()).digest(),
        user_id=actor.id,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        created_at=now,
    )
    session.add(upload)
    session.flush()
    return secret, upload


def _brought_along(
    session: Session, actor: User, ticket: Task, comment_id: int, at: datetime
) -> list[JournalEntry]:
    """What the same person did at the same time, once the reply was there; the last first."""
    entries = session.scalars(
        select(JournalEntry)
        .where(
            JournalEntry.entity == ENTITY,
            JournalEntry.entity_id == ticket.id,
            JournalEntry.actor_id == actor.id,
            JournalEntry.at == at,
        )
        .order_by(JournalEntry.id.desc())
        .limit(20)
    )
    found: list[JournalEntry] = []
    for entry in entries:
        if entry.act == "replied" and entry.changes.get("comment") == comment_id:
            return found
        found.append(entry)
    return found


def _undo(
    session: Session, actor: User, ticket: Task, entry: JournalEntry, *, now: datetime
) -> None:
    changes = entry.changes
    if "status" in changes and ticket.state == changes["status"][1]:
        tickets.change_state(session, actor, ticket, State(changes["status"][0]), now=now)
    elif "assignee" in changes and ticket.assignee_id == changes["assignee"][1]:
        before = changes["assignee"][0]
        person = session.get(User, before) if before else None
        tickets.give(session, actor, ticket, person, now=now)
    elif "waiting" in changes and ticket.waiting == changes["waiting"][1]:
        before = changes["waiting"][0]
        until = changes.get("until", [None])[0]
        if before is None:
            tickets.end_waiting(session, actor, ticket, now=now)
        elif until is None or datetime.fromisoformat(until) > now:
            tickets.wait(
                session, actor, ticket, waiting=Waiting(before),
                until=datetime.fromisoformat(until) if until else None, now=now,
            )  # fmt: skip
