"""What a ticket's VTODO may tell: facts, gathered for many tickets at once, by face.

The agent's face shows what agents see, but never a note. The customer's shows what the customer
sees, under its own stamps: what only staff did moves nothing in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from sqlalchemy import Label, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from groupware.models import User
from modules.tasks import fields
from modules.tasks.checklists import ChecklistItem, items_of
from modules.tasks.icalendar.alarms import Alarm, chosen
from modules.tasks.icalendar.times import When
from modules.tasks.models import (
    Attachment,
    Category,
    Comment,
    Kind,
    Link,
    Participant,
    PersonalLines,
    Status,
    Task,
    Waiting,
)
from modules.tasks.queries import (
    comments_asked_by,
    comments_worked_by,
    files_asked_by,
    files_worked_by,
    worked_by,
)

AT_ONCE = 200
MOST_COMMENTS, LONGEST_COMMENT = 20, 2_000
"""Of public replies the latest, and of each so much: a task that is given may be written back."""


class Face(StrEnum):
    """To whom a ticket is shown."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Person:
    """Somebody with a part in a ticket."""

    name: str
    address: str
    assigned: bool = False


@dataclass(frozen=True)
class File:
    """An attachment, by its address here."""

    url: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True)
class Facts:
    """All that the writer knows of a ticket."""

    number: int
    uid: str
    url: str
    summary: str
    description: str
    status: Status
    percent: int
    completed: datetime | None
    closed: datetime | None
    waiting: Waiting | None
    waiting_until: datetime | None
    priority: int
    created: datetime
    modified: datetime
    sequence: int
    revision: int | None = None
    start: When | None = None
    due: When | None = None
    location: str = ""
    categories: tuple[str, ...] = ()
    known_categories: frozenset[str] = frozenset()
    people: tuple[Person, ...] = ()
    files: tuple[File, ...] = ()
    related: tuple[tuple[str, str], ...] = ()  # UID and RELTYPE
    items: tuple[ChecklistItem, ...] = ()
    comments: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()  # custom fields by slug, in words
    kept: str | None = None
    personal: str | None = None
    alarm: Alarm | None = None  # what the reader wants to be reminded by, where they set none


@dataclass(frozen=True)
class Reader:
    """Who reads, by which face, and where this desk is."""

    user: User
    face: Face
    base_url: str
    alarms: bool = False  # where the person wants to be reminded: not in files for others


def facts_of(session: Session, query: Select[Task], reader: Reader) -> Iterator[Facts]:
    """The facts of these tickets, by number; a few hundred are in memory at a time."""
    last = 0
    known = frozenset(session.scalars(select(Category.name)))
    query = query.order_by(None).options(
        joinedload(Task.location),
        joinedload(Task.assignee).selectinload(User.addresses),
        joinedload(Task.customer).selectinload(User.addresses),
        selectinload(Task.categories),
        undefer(Task.kept_calendar),
    )
    while True:
        batch = query.where(Task.id > last).order_by(Task.id).limit(AT_ONCE)
        tickets = session.scalars(batch).unique().all()
        if not tickets:
            return
        beside = _Beside(session, tickets, reader)
        for ticket in tickets:
            shown = _public(ticket, beside, reader)
            if reader.face == Face.AGENT:
                shown |= _internal(ticket, beside, reader, known)
            yield Facts(**shown)
        last = tickets[-1].id
        if len(tickets) < AT_ONCE:
            return
        for ticket in tickets:
            session.expunge(ticket)


def _public(ticket: Task, beside: "_Beside", reader: Reader) -> dict[str, Any]:
    """What the customer sees, too."""
    waits = ticket.waiting if ticket.waiting == Waiting.CUSTOMER else None
    return {
        "number": ticket.id,
        "uid": ticket.uid,
        "url": f"{reader.base_url}/tickets/view/{ticket.id}",
        "summary": ticket.summary,
        "description": ticket.description,
        "status": Status(ticket.status),
        "percent": 100 if ticket.status == Status.COMPLETED else 0,
        "completed": ticket.completed,
        "closed": ticket.closed,
        "waiting": waits,
        "waiting_until": None,
        "priority": ticket.priority,
        "created": ticket.created,
        "modified": ticket.public_modified,
        "sequence": int((ticket.public_modified - ticket.created).total_seconds()),
        "location": ticket.location.name if ticket.location else "",
        "files": tuple(beside.files[ticket.id]),
        "comments": tuple(beside.comments[ticket.id]),
        "custom": beside.custom(ticket, public=True),
    }


def _internal(
    ticket: Task, beside: "_Beside", reader: Reader, known: frozenset[str]
) -> dict[str, Any]:
    """What only the list's agents see."""
    alarm = chosen(reader.user) if reader.alarms else None
    return {
        "url": f"{reader.base_url}/support/tickets/{ticket.id}",
        "percent": ticket.percent,
        "waiting": ticket.waiting,
        "waiting_until": ticket.waiting_until,
        "modified": ticket.last_modified,
        "sequence": ticket.sequence,
        "revision": ticket.sequence,
        "start": _when(ticket, ticket.start),
        "due": _when(ticket, ticket.due),
        "categories": tuple(category.name for category in ticket.categories),
        "known_categories": known,
        "people": tuple(_people(ticket, beside.participants[ticket.id])),
        "related": tuple(beside.related[ticket.id]),
        "items": tuple(beside.items.get(ticket.id, ())),
        "custom": beside.custom(ticket, public=False),
        "kept": ticket.kept_calendar,
        "personal": beside.personal.get(ticket.id),
        "alarm": alarm if alarm and alarm.rings_for(ticket, reader.user) else None,
    }


def _when(ticket: Task, at: datetime | None) -> When | None:
    return When(at, ticket.due_is_date, ticket.due_tz) if at else None


def _people(ticket: Task, participants: Iterable[User]) -> Iterator[Person]:
    if ticket.assignee is not None and ticket.assignee.address:
        yield Person(ticket.assignee.name, ticket.assignee.address, assigned=True)
    for each in participants:
        if each.address and each is not ticket.assignee:
            yield Person(each.name, each.address)


def beginning() -> Label[str]:
    """So much of a message as `as_comment` needs."""
    return func.substr(Comment.body, 1, LONGEST_COMMENT + 1).label("beginning")


def as_comment(text: str) -> str:
    """A public reply as calendars show it."""
    text = text.strip()
    return text if len(text) <= LONGEST_COMMENT else f"{text[:LONGEST_COMMENT].rstrip()} …"


class _Beside:
    """What lies in other tables, for a batch of tickets: one statement each."""

    def __init__(self, session: Session, tickets: Sequence[Task], reader: Reader) -> None:
        ids = [ticket.id for ticket in tickets]
        self.files: defaultdict[int, list[File]] = defaultdict(list)
        self.comments: defaultdict[int, list[str]] = defaultdict(list)
        self.participants: defaultdict[int, list[User]] = defaultdict(list)
        self.related: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        self.items: Mapping[int, Sequence[ChecklistItem]] = {}
        self.personal: dict[int, str] = {}
        self.cells = fields.cells_of(session, tickets)
        if any(ticket.file_count or ticket.note_file_count for ticket in tickets):
            self._files(session, ids, reader)
        spoken = [t.id for t in tickets if t.reply_count and t.task_list.replies_in_calendar]
        if spoken:
            self._comments(session, spoken, reader)
        if reader.face == Face.AGENT:
            self._participants(session, ids)
            self._related(session, ids, reader)
            self.items = items_of(session, ids)
            self._personal(session, ids, reader)

    def custom(self, ticket: Task, *, public: bool) -> tuple[tuple[str, str], ...]:
        """What a ticket says to its list's fields, or to those that customers see."""
        cells = self.cells[ticket.id]
        return tuple((c.field.slug, c.text) for c in cells if c.field.public or not public)

    def _files(self, session: Session, ids: list[int], reader: Reader) -> None:
        agent = reader.face == Face.AGENT
        visible = files_worked_by(reader.user) if agent else files_asked_by(reader.user)
        # A note's files are notes: they are in no calendar.
        said = select(Comment.id).where(Comment.kind == Kind.REPLY, Comment.task_id.in_(ids))
        rows = session.scalars(
            visible.where(
                Attachment.task_id.in_(ids),
                or_(Attachment.comment_id.is_(None), Attachment.comment_id.in_(said)),
            ).order_by(Attachment.id)
        )
        for each in rows:
            url = f"{reader.base_url}/attachments/{each.id}/{quote(each.name)}"
            self.files[each.task_id].append(File(url, each.name, each.content_type, each.size))

    def _comments(self, session: Session, ids: list[int], reader: Reader) -> None:
        agent = reader.face == Face.AGENT
        visible = comments_worked_by(reader.user) if agent else comments_asked_by(reader.user)
        latest = func.row_number().over(partition_by=Comment.task_id, order_by=Comment.id.desc())
        replies = (
            visible.where(Comment.kind == Kind.REPLY, Comment.task_id.in_(ids))
            .order_by(None)
            .with_only_columns(Comment.id, Comment.task_id, beginning(), latest.label("latest"))
            .subquery()
        )
        rows = session.execute(
            select(replies.c.task_id, replies.c.beginning)
            .where(replies.c.latest <= MOST_COMMENTS)
            .order_by(replies.c.id)
        )
        for task_id, text in rows:
            self.comments[task_id].append(as_comment(text))

    def _participants(self, session: Session, ids: list[int]) -> None:
        rows = session.execute(
            select(Participant.task_id, User)
            .join(User, User.id == Participant.user_id)
            .where(Participant.task_id.in_(ids))
            .options(selectinload(User.addresses))
            .order_by(Participant.task_id, Participant.is_customer.desc(), User.id)
        )
        for task_id, user in rows:
            self.participants[task_id].append(user)

    def _related(self, session: Session, ids: list[int], reader: Reader) -> None:
        pairs = session.execute(
            select(Link.source_id, Link.target_id, Link.kind).where(
                or_(Link.source_id.in_(ids), Link.target_id.in_(ids))
            )
        ).all()
        ends = {end for source, target, _ in pairs for end in (source, target)}
        seen = worked_by(reader.user).with_only_columns(Task.id, Task.uid)
        uids = dict(session.execute(seen.where(Task.id.in_(ends))).all()) if ends else {}
        for source, target, kind in pairs:
            # What other words there are, clients take for a parent, and cascade.
            words = ("CHILD", "PARENT") if kind == "parent" else ("SIBLING", "SIBLING")
            for one, other, word in ((source, target, words[0]), (target, source, words[1])):
                if other in uids:
                    self.related[one].append((uids[other], word))

    def _personal(self, session: Session, ids: list[int], reader: Reader) -> None:
        rows = session.execute(
            select(PersonalLines.task_id, PersonalLines.lines).where(
                PersonalLines.task_id.in_(ids), PersonalLines.user_id == reader.user.id
            )
        )
        self.personal = dict(rows.all())
