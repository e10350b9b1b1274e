"""What was said and done in a ticket, newest entries first to be fetched, oldest first to be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from sqlalchemy import Integer, Row, Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from groupware.models import JournalEntry, User
from groupware.text import LARGEST_NUMBER, number_in
from modules.support.changes import MARKS, MESSAGES, QUIET, Names, may_be_told, sentence
from modules.tasks.conversation import EDITABLE
from modules.tasks.history import ENTITY
from modules.tasks.letters.delivery import Deliveries, of_replies
from modules.tasks.letters.taking_back import seconds_to_take_back
from modules.tasks.mail import shown
from modules.tasks.mail.shown import Piece, Shown
from modules.tasks.models import Attachment, Comment, Kind, Task
from modules.tasks.queries import ANYBODY, comments_worked_by, files_worked_by

SHOWN = 50

Told = Row[JournalEntry, str | None]
"""A journal entry and the name of who did it."""


@dataclass(frozen=True)
class File:
    name: str
    size: int
    href: str
    preview: str | None


@dataclass(frozen=True)
class Message:
    """A reply, a response or a note."""

    id: int
    at: datetime
    author: str
    author_id: int
    face: str  # customer, agent or note, as the thread draws it
    role: str
    via: str
    body: str
    edited: datetime | None
    files: Sequence[File]
    may_edit: bool
    deliveries: Deliveries | None = None
    may_take_back: int = 0  # for so many seconds more
    mail: Shown | None = None
    new: bool = False
    event: bool = False

    @property
    def pieces(self) -> Sequence[Piece]:
        return shown.pieces(self.body, self.mail)


@dataclass(frozen=True)
class Happening:
    """What somebody did at one time, in a line."""

    at: datetime
    who: str
    what: str
    state: str
    icon: str = "dot"
    new: bool = False
    event: bool = True


@dataclass(frozen=True)
class Cursor:
    """Where an earlier part of the thread ends: below this message and this journal entry."""

    comment: int = LARGEST_NUMBER
    entry: int = LARGEST_NUMBER

    def __str__(self) -> str:
        return f"{self.comment}-{self.entry}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """A cursor out of an address; anything else means the end of the thread."""
        comment, _, entry = text.partition("-")
        below, under = number_in(comment), number_in(entry)
        return cls(below, under) if below and under else cls()


@dataclass(frozen=True)
class Window:
    """The rows behind a part of the thread."""

    comments: Sequence[Comment]
    entries: Sequence[Told]
    files: Sequence[Attachment]
    earlier: Cursor | None
    deliveries: Mapping[int, Deliveries]
    mails: Mapping[int | None, Shown]


def window(session: Session, actor: User, ticket: Task, cursor: Cursor) -> Window:
    """The newest entries before the cursor: at most four statements, however long the thread is."""
    bound: dict[str, Any] = {"reader": actor.id, "ticket": ticket.id}
    comments = session.scalars(_said(), {**bound, "before": cursor.comment}).all()
    entries = session.execute(_done(), {"ticket": ticket.id, "before": cursor.entry}).all()
    merged = sorted(
        [(at, each.id, each) for at, each in zip(_no_earlier(comments), comments, strict=True)]
        + [(each[0].at, each[0].id, each) for each in entries],
        key=lambda item: (item[0], isinstance(item[2], Comment), item[1]),
        reverse=True,
    )
    kept = {id(item) for _, _, item in merged[:SHOWN]}
    comments = [each for each in comments if id(each) in kept]
    entries = [each for each in entries if id(each) in kept]
    earlier = None
    if len(merged) > SHOWN:
        earlier = Cursor(
            min((each.id for each in comments), default=cursor.comment),
            min((each[0].id for each in entries), default=cursor.entry),
        )
    replies = [each.id for each in comments if each.kind == Kind.REPLY and each.from_staff]
    deliveries = of_replies(session, replies) if replies else {}
    mails = shown.of_ticket(session, ticket, comments)
    if not ticket.file_count + ticket.note_file_count:
        return Window(comments, entries, (), earlier, deliveries, mails)
    shown_here = {**bound, "comments": [each.id for each in comments]}
    files = session.scalars(_files(), shown_here).all()
    return Window(comments, entries, files, earlier, deliveries, mails)


_TICKET: Any = bindparam("ticket", type_=Integer())
_BEFORE: Any = bindparam("before", type_=Integer())


@cache
def _said() -> Any:
    return (
        comments_worked_by(ANYBODY)
        .where(Comment.task_id == _TICKET, Comment.id < _BEFORE)
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc())
        .limit(SHOWN + 1)
    )


@cache
def _done() -> Any:
    quiet = JournalEntry.act.not_in(MESSAGES | QUIET)
    return _journal(_TICKET).where(JournalEntry.id < _BEFORE, quiet).limit(SHOWN + 1)


@cache
def _files() -> Any:
    with_them = Attachment.comment_id.in_(bindparam("comments", expanding=True))
    return (
        files_worked_by(ANYBODY)
        .where(Attachment.task_id == _TICKET, Attachment.comment_id.is_(None) | with_them)
        .order_by(Attachment.id)
    )


def _no_earlier(comments: Sequence[Comment]) -> list[datetime]:
    """When each was said, yet no earlier than those of lower numbers: what came by a merge is old,
    and has a high number; a part of the thread must leave no lower number to a later part.
    """
    return list(accumulate((each.created for each in reversed(comments)), max))[::-1]


def journal_of(ticket: Task) -> Select[JournalEntry, str | None]:
    """A ticket's journal with who did it, newest first; for those who work on its list."""
    return _journal(ticket.id)


def _journal(ticket_id: Any) -> Select[JournalEntry, str | None]:
    return (
        select(JournalEntry, User.name)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(JournalEntry.entity == ENTITY, JournalEntry.entity_id == ticket_id)
        .order_by(JournalEntry.id.desc())
    )


def thread(
    part: Window,
    ticket: Task,
    actor: User,
    names: Names,
    *,
    seen: datetime | None,
    works: bool,
    now: datetime,
) -> list[Message | Happening]:
    """Messages and happenings in the order in which they came."""
    answered = Answered()
    files = _by_comment(part.files)
    items: list[tuple[datetime, int, int, Message | Happening]] = []
    for comment in part.comments:
        fresh = seen is not None and comment.created > seen and comment.author_id != actor.id
        later = answered.by_others(comment)
        mine = works and comment.author_id == actor.id and now - comment.created <= EDITABLE
        message = Message(
            id=comment.id,
            at=comment.created,
            author=_author(comment, part.mails.get(comment.id)),
            author_id=comment.author_id or 0,
            face=_face(comment),
            role=_role(comment, ticket),
            via="by e-mail" if comment.source == "mail" else "",
            body=comment.body,
            edited=comment.edited,
            files=files.get(comment.id, ()),
            may_edit=mine and not later,
            deliveries=part.deliveries.get(comment.id),
            mail=part.mails.get(comment.id),
            may_take_back=seconds_to_take_back(comment, actor, now) if works and not later else 0,
            new=fresh,
        )
        items.append((comment.created, 1, comment.id, message))
    for entries in _acts(part.entries, names):
        first, who = entries[0][0], entries[0][1]
        states = [each.changes["status"][1] for each, _ in entries if "status" in each.changes]
        happening = Happening(
            at=first.at,
            who=who or "The desk",
            what=", ".join(sentence(each, names) for each, _ in entries),
            state=states[-1] if states else "",
            icon=MARKS.get(first.act, "dot"),
            new=seen is not None and first.at > seen and first.actor_id != actor.id,
        )
        items.append((first.at, 0, first.id, happening))
    return [item for *_, item in sorted(items, key=lambda item: item[:3])]


class Answered:
    """Told from the newest message backwards, whether somebody else has spoken since."""

    def __init__(self) -> None:
        self.replies: set[int | None] = set()
        self.all: set[int | None] = set()

    def by_others(self, comment: Comment) -> bool:
        later = self.all if comment.kind == Kind.NOTE else self.replies
        answered = bool(later - {comment.author_id})
        self.all.add(comment.author_id)
        if comment.kind == Kind.REPLY:
            self.replies.add(comment.author_id)
        return answered


def details_files(part: Window) -> Sequence[File]:
    """The files that came with the request itself."""
    return _by_comment(part.files).get(None, ())


def _acts(entries: Iterable[Told], names: Names) -> list[list[Told]]:
    """What one person did at one time stands together."""
    acts: list[list[Told]] = []
    for told in sorted(entries, key=lambda told: told[0].id):
        entry = told[0]
        if not may_be_told(entry, names):
            continue
        last = acts[-1][0][0] if acts else None
        if last is not None and (last.at, last.actor_id) == (entry.at, entry.actor_id):
            acts[-1].append(told)
        else:
            acts.append([told])
    return acts


def _by_comment(attachments: Iterable[Attachment]) -> dict[int | None, list[File]]:
    found: dict[int | None, list[File]] = {}
    for each in attachments:
        name = quote(each.name, safe="")
        picture = each.content_type.startswith("image/")
        found.setdefault(each.comment_id, []).append(
            File(
                each.name,
                each.size,
                f"/attachments/{each.id}/{name}",
                f"/attachments/{each.id}/preview/{name}" if picture else None,
            )
        )
    return found


def _author(comment: Comment, mail: Shown | None) -> str:
    if comment.author:
        return comment.author.name
    return mail.sender if mail and mail.sender else "Somebody"


def _face(comment: Comment) -> str:
    if comment.kind == Kind.NOTE:
        return "note"
    return "agent" if comment.from_staff else "customer"


def _role(comment: Comment, ticket: Task) -> str:
    if comment.from_staff:
        return "agent"
    return "customer" if comment.author_id == ticket.customer_id else "participant"
