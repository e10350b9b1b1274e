"""A request's conversation as its customer sees it: public words, files and acts, in their order.

Everything is asked for by the customer's face, so that a note, its files and what staff does among
themselves are not even fetched: they cannot move a number, a time or an order here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from flask import url_for
from sqlalchemy import or_
from sqlalchemy.orm import Session, joinedload

from groupware.models import User
from modules.help.acts import Act, Earlier, acts_of, earlier_texts, journal_of
from modules.help.words import first_name
from modules.tasks.conversation import EDITABLE
from modules.tasks.mail.shown import Piece, pieces, quotes_of
from modules.tasks.models import Attachment, Comment, Task
from modules.tasks.queries import comments_asked_by, files_asked_by

SHOWN = 50
MOST_FILES = 400
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True)
class File:
    """A file, and where a page finds it."""

    name: str
    size: int
    href: str
    preview: str | None


@dataclass(frozen=True)
class Message:
    """Somebody's words. Number 0 stands for the request's own details."""

    id: int
    author: str
    author_id: int | None
    staff: bool
    mine: bool
    at: datetime
    body: str
    files: Sequence[File]
    pieces: Sequence[Piece] = ()
    edited: datetime | None = None
    earlier: Sequence[Earlier] = ()
    editable: bool = False


@dataclass(frozen=True)
class Thread:
    """A stretch of the conversation."""

    opening: Message
    items: Sequence[Message | Act]
    before: int | None  # what leads to what came earlier, if anything did
    newest: bool  # it reaches to the end
    unread: Message | Act | None  # the first that is new to the reader
    staff: str  # who of the staff answered last; never who happens to be assigned


def thread_of(
    session: Session,
    user: User,
    ticket: Task,
    *,
    before: int | None = None,
    seen: datetime | None = None,
    now: datetime,
) -> Thread:
    """The newest 50 messages, or the 50 before that one, with what was done among them."""
    comments, end, more = _comments(session, user, ticket, before)
    files = _files(session, user, ticket, [comment.id for comment in comments])
    mails = quotes_of(session, ticket, comments)
    journal = journal_of(
        session,
        ticket,
        since=comments[0].created if more else None,
        until=end.created if end else None,
    )
    texts = earlier_texts(journal)
    editable = _editable(comments, user, now) if end is None else frozenset()
    messages: list[Message | Act] = [
        Message(
            id=comment.id,
            author=comment.author.name if comment.author else "Somebody",
            author_id=comment.author_id,
            staff=comment.from_staff,
            mine=comment.author_id == user.id,
            at=comment.created,
            body=comment.body,
            files=files.get(comment.id, ()),
            pieces=pieces(comment.body, mails.get(comment.id)),
            edited=comment.edited,
            earlier=texts.get(comment.id, ()),
            editable=comment.id in editable,
        )
        for comment in comments
    ]
    acts: list[Message | Act] = [*acts_of(session, user, journal)]
    items = list(merge(acts, messages, key=lambda item: item.at))
    unread = (item for item in items if seen and item.at > seen and not item.mine)
    return Thread(
        opening=_opening(
            ticket,
            user,
            files.get(None, ()),
            pieces(ticket.description, mails.get(None)),
            edited=next((act.at for act in acts[::-1] if act.earlier), None),
        ),
        items=items,
        before=comments[0].id if more else None,
        newest=end is None,
        unread=next(unread, None) if end is None else None,
        staff=_staff(session, user, ticket, comments if end is None else ()),
    )


def _comments(
    session: Session, user: User, ticket: Task, before: int | None
) -> tuple[list[Comment], Comment | None, bool]:
    """The stretch in its order, the message after it, and whether something came earlier."""
    query = (
        comments_asked_by(user)
        .where(Comment.task_id == ticket.id)
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc())
    )
    if before is None:
        found = list(session.scalars(query.limit(SHOWN + 1)))
        return found[:SHOWN][::-1], None, len(found) > SHOWN
    found = list(session.scalars(query.where(Comment.id <= before).limit(SHOWN + 2)))
    end = found.pop(0) if found and found[0].id == before else None
    return found[:SHOWN][::-1], end, len(found) > SHOWN


def _files(
    session: Session, user: User, ticket: Task, comments: Sequence[int]
) -> Mapping[int | None, list[File]]:
    query = (
        files_asked_by(user)
        .where(
            Attachment.task_id == ticket.id,
            or_(Attachment.comment_id.is_(None), Attachment.comment_id.in_(comments)),
        )
        .order_by(Attachment.id)
        .limit(MOST_FILES)
    )
    files: dict[int | None, list[File]] = {}
    for each in session.scalars(query):
        href = url_for("files.attachment", attachment_id=each.id, name=each.name)
        preview = None
        if each.content_type in PICTURES:
            preview = url_for("files.preview", attachment_id=each.id, name=each.name)
        files.setdefault(each.comment_id, []).append(File(each.name, each.size, href, preview))
    return files


def _opening(
    ticket: Task,
    user: User,
    files: Sequence[File],
    told: Sequence[Piece],
    *,
    edited: datetime | None,
) -> Message:
    return Message(
        id=0,
        author=ticket.customer.name if ticket.customer else "Somebody",
        author_id=ticket.customer_id,
        staff=False,
        mine=ticket.customer_id == user.id,
        at=ticket.created,
        body=ticket.description,
        files=files,
        pieces=told,
        edited=edited,
    )


def _editable(comments: Sequence[Comment], user: User, now: datetime) -> frozenset[int]:
    """One's own, young, and nobody else has written since; the use case asks again."""
    own: set[int] = set()
    for comment in reversed(comments):
        if comment.author_id != user.id or now - comment.created > EDITABLE:
            break
        own.add(comment.id)
    return frozenset(own)


def _staff(session: Session, user: User, ticket: Task, newest: Iterable[Comment]) -> str:
    if ticket.answered_at is None:
        return ""
    last = next((comment for comment in reversed([*newest]) if comment.from_staff), None)
    if last is None:
        last = session.scalars(
            comments_asked_by(user)
            .where(Comment.task_id == ticket.id, Comment.from_staff)
            .options(joinedload(Comment.author))
            .order_by(Comment.id.desc())
            .limit(1)
        ).one_or_none()
    return first_name(last.author.name) if last and last.author else ""
