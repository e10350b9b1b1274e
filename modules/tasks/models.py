"""Tasks in task lists: RFC 5545's VTODO, with what a support desk needs beside it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import Acl, Location, User


class Status(StrEnum):
    """RFC 5545, 3.8.1.11: the words that a VTODO carries."""

    NEEDS_ACTION = "NEEDS-ACTION"
    IN_PROCESS = "IN-PROCESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class State(StrEnum):
    """What a page says: the status, where *closed* is a time beside it."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def phase(self) -> int:
        """As `Task.phase` counts."""
        return list(State).index(self)


class Waiting(StrEnum):
    """A detail of in progress: for whom or what the ticket waits."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    UNTIL = "until"


class Urgency(StrEnum):
    """The customer's word; PRIORITY is what is kept (RFC 5545, 3.8.1.9)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def priority(self) -> int:
        return {"urgent": 1, "high": 3, "normal": 5, "low": 9}[self.value]

    @property
    def band(self) -> int:
        """As `Task.band` counts: the most urgent is 0."""
        return len(Urgency) - 1 - list(Urgency).index(self)

    @classmethod
    def of(cls, priority: int) -> "Urgency":
        """The band that a PRIORITY of 0 to 9 lies in; 0 is undefined and counts as normal."""
        if priority in (1, 2):
            return cls.URGENT
        if priority in (3, 4):
            return cls.HIGH
        return cls.NORMAL if priority in (0, 5) else cls.LOW


class Role(StrEnum):
    TASKS = "tasks"
    SUPPORT = "support"


class Grouping(Base):
    """A heading under which task lists stand together."""

    __tablename__ = "groupings"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    position: Mapped[int] = mapped_column(default=0)


class TaskList(Base):
    """A list of tasks; with the role support it is a ticket type."""

    __tablename__ = "task_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    role: Mapped[Role] = mapped_column(String(8), default=Role.SUPPORT)
    hue: Mapped[int] = mapped_column(SmallInteger, default=1)  # 1 to 12
    grouping_id: Mapped[int | None] = mapped_column(ForeignKey("groupings.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    is_default: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    customer_acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    agent_acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    # Rises with each change of one of its tasks: calendars, feeds and pages see by it what is new.
    change_number: Mapped[int] = mapped_column(default=0)
    # The change with which all of its tasks came to look different in calendars.
    faces_changed: Mapped[int] = mapped_column(default=0, server_default="0")

    # Rules of a ticket's life.
    location_required: Mapped[bool] = mapped_column(default=True)
    reply_assigns: Mapped[bool] = mapped_column(default=True)
    response_reopens: Mapped[bool] = mapped_column(default=True)
    close_after_days: Mapped[int] = mapped_column(default=0)  # quiet days after resolving; 0 never
    reopen_within_days: Mapped[int] = mapped_column(default=0)  # after closing; 0 always
    colleagues_see: Mapped[bool] = mapped_column(default=False)
    answer_hours: Mapped[int] = mapped_column(default=0)  # told to customers; 0 says nothing
    replies_in_calendar: Mapped[bool] = mapped_column(default=False, server_default=false())

    grouping: Mapped[Grouping | None] = relationship()
    customer_acl: Mapped[Acl] = relationship(
        foreign_keys=[customer_acl_id], cascade="all, delete-orphan", single_parent=True
    )
    agent_acl: Mapped[Acl] = relationship(
        foreign_keys=[agent_acl_id], cascade="all, delete-orphan", single_parent=True
    )


category_lists = Table(
    "category_lists",
    Base.metadata,
    Column("category_id", ForeignKey("categories.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "task_list_id",
        ForeignKey("task_lists.id", ondelete="CASCADE"),
        primary_key=True,
    ),
)

task_categories = Table(
    "task_categories",
    Base.metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "category_id",
        ForeignKey("categories.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class Category(Base):
    """A word that staff put on tickets: of all lists, or of those named."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    hue: Mapped[int] = mapped_column(SmallInteger, default=1)
    archived: Mapped[bool] = mapped_column(default=False)

    task_lists: Mapped[list[TaskList]] = relationship(secondary=category_lists)  # empty: all


# As the partial indexes are written: SQLite takes one only where a query says the same words.
RESOLVED = "status = 'COMPLETED' AND closed IS NULL AND deleted_at IS NULL"
# Generated by the database, so that they are always right: what queues are cut and sorted by.
# Migrations write these columns by hand: SQLite can only add them VIRTUAL, PostgreSQL STORED.
PHASE = (
    "CASE WHEN deleted_at IS NOT NULL THEN 4"
    " WHEN closed IS NOT NULL OR status = 'CANCELLED' THEN 3"
    " WHEN status = 'COMPLETED' THEN 2"
    " WHEN status = 'IN-PROCESS' THEN 1 ELSE 0 END"
)
BAND = (
    "CASE WHEN priority IN (1, 2) THEN 0 WHEN priority IN (3, 4) THEN 1"
    " WHEN priority IN (0, 5) THEN 2 ELSE 3 END"
)


class Task(Base):
    """A ticket: its number is the id. Only its own row is changed by its methods."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(String(255), unique=True)
    task_list_id: Mapped[int] = mapped_column(ForeignKey("task_lists.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))
    summary: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[Status] = mapped_column(String(12), default=Status.NEEDS_ACTION)
    priority: Mapped[int] = mapped_column(SmallInteger, default=5)
    percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    start: Mapped[datetime | None]
    due: Mapped[datetime | None]
    due_tz: Mapped[str | None] = mapped_column(String(64))  # the TZID beside the due date
    due_is_date: Mapped[bool] = mapped_column(default=False)
    completed: Mapped[datetime | None]
    closed: Mapped[datetime | None]
    waiting: Mapped[Waiting | None] = mapped_column(String(12))
    waiting_until: Mapped[datetime | None]
    answered_after_resolution: Mapped[bool] = mapped_column(default=False)

    created: Mapped[datetime]
    last_modified: Mapped[datetime]  # any change: the agents' face
    public_modified: Mapped[datetime]  # what the customer can see: the customer's face
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(
        default=1
    )  # of the row: two savers at once are told by it
    change_number: Mapped[int] = mapped_column(default=0)  # of the list, at the last change
    deleted_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    source: Mapped[str] = mapped_column(String(8), default="web")  # web, mail, dav, api, import

    # What lists show without looking into the conversation.
    asked_at: Mapped[datetime]  # the customer's last word
    answered_at: Mapped[datetime | None]  # staff's last reply
    last_reply_id: Mapped[int | None]
    reply_count: Mapped[int] = mapped_column(default=0)
    note_count: Mapped[int] = mapped_column(default=0)
    file_count: Mapped[int] = mapped_column(default=0)  # of public files
    note_file_count: Mapped[int] = mapped_column(default=0)

    custom: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kept_calendar: Mapped[str | None] = mapped_column(Text, deferred=True)  # as a client wrote it

    phase: Mapped[int] = mapped_column(  # 0 to 3 as the states, 4 deleted
        SmallInteger, Computed(PHASE, persisted=True), deferred=True
    )
    band: Mapped[int] = mapped_column(  # 0 urgent to 3 low
        SmallInteger, Computed(BAND, persisted=True), deferred=True
    )

    task_list: Mapped[TaskList] = relationship()
    customer: Mapped[User | None] = relationship(foreign_keys=[customer_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    location: Mapped[Location | None] = relationship()
    categories: Mapped[list[Category]] = relationship(
        secondary=task_categories, order_by=Category.name
    )

    __mapper_args__ = {  # noqa: RUF012  # read by SQLAlchemy
        "version_id_col": revision,
        "eager_defaults": False,  # what the database works out is for its indexes
    }

    __table_args__ = (
        Index("ix_tasks_list_change", "task_list_id", "change_number"),
        {"sqlite_autoincrement": True},
    )

    @property
    def state(self) -> State:
        """What a page says of the status."""
        if self.closed is not None or self.status == Status.CANCELLED:
            return State.CLOSED
        return {
            Status.NEEDS_ACTION: State.OPEN,
            Status.IN_PROCESS: State.IN_PROGRESS,
            Status.COMPLETED: State.RESOLVED,
        }[Status(self.status)]

    @property
    def urgency(self) -> Urgency:
        return Urgency.of(self.priority)

    def open(self) -> None:
        """Back to where it needs action."""
        self._active(Status.NEEDS_ACTION, percent=0)

    def progress(self) -> None:
        """Somebody is on it."""
        self._active(Status.IN_PROCESS, percent=self.percent if 0 < self.percent < 100 else 0)

    def complete(self, now: datetime) -> None:
        """Resolved, at this time."""
        self.status, self.percent = Status.COMPLETED, 100
        self.completed = self.completed or now
        self.closed = self.waiting = self.waiting_until = None

    def close(self, now: datetime) -> None:
        """Closed: still completed where it had been resolved, otherwise cancelled."""
        if self.status != Status.COMPLETED:
            self.status = Status.CANCELLED
        self.closed = now
        self.waiting = self.waiting_until = None
        self.answered_after_resolution = False

    def _active(self, status: Status, *, percent: int) -> None:
        self.status, self.percent = status, percent
        self.completed = self.closed = self.waiting = self.waiting_until = None
        self.answered_after_resolution = False


class Participant(Base):
    """Whose ticket it is: its customer, and whom staff let take part. One index finds all."""

    __tablename__ = "participants"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    is_customer: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship()
    task: Mapped[Task] = relationship()


class Kind(StrEnum):
    """A reply is public; a note exists for the list's agents only."""

    REPLY = "reply"
    NOTE = "note"


class Comment(Base):
    """A message of a ticket's conversation, in Markdown or plain text."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[Kind] = mapped_column(String(5))
    from_staff: Mapped[bool]
    body: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime]
    edited: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(8), default="web")

    task: Mapped[Task] = relationship()
    author: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_comments_task_id", "task_id", "id"),)


class Attachment(Base):
    """A file of a ticket's details or of a comment; the bytes lie under their hash."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(150))
    content_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime]

    task: Mapped[Task] = relationship()


class Link(Base):
    """Two tickets belong together: `source` is, towards `target`, what `kind` says."""

    __tablename__ = "links"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    target_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[str] = mapped_column(String(16), primary_key=True, default="related")


class WebLink(Base):
    """A page elsewhere that belongs to a ticket; seen by the list's agents."""

    __tablename__ = "web_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    title: Mapped[str] = mapped_column(String(200), default="")
    created: Mapped[datetime]


class Seen(Base):
    """Until when somebody has read a ticket."""

    __tablename__ = "seen"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]

    __table_args__ = (Index("ix_seen_at", "user_id", "at"),)


class PersonalLines(Base):
    """What is one person's alone in a task's calendar entry, such as their alarms."""

    __tablename__ = "personal_lines"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    lines: Mapped[str] = mapped_column(Text)


def _newest(name: str, *columns: str, where: str = "", also: str = "") -> None:
    """An index of equal columns, then by time and number, newest first; `also` is just kept."""
    condition = text(where) if where else None
    Index(
        name,
        *(getattr(Task, column) for column in columns[:-1]),
        getattr(Task, columns[-1]).desc(),
        Task.id.desc(),
        *([getattr(Task, also)] if also else []),
        sqlite_where=condition,
        postgresql_where=condition,
    )


# Each leading filter of a queue, and each of its orders within a list, has its own index: equal
# columns first, then the order. A page is then a few short walks, in whichever direction.
_newest("ix_tasks_phase", "phase", "last_modified")
_newest("ix_tasks_list", "task_list_id", "phase", "last_modified")
_newest("ix_tasks_list_created", "task_list_id", "phase", "created")
_newest("ix_tasks_list_urgency", "task_list_id", "phase", "band", "last_modified")
_newest("ix_tasks_assignee", "assignee_id", "phase", "last_modified", also="task_list_id")
_newest("ix_tasks_customer", "customer_id", "phase", "last_modified")
_newest("ix_tasks_location", "location_id", "phase", "last_modified")
_newest(
    "ix_tasks_unassigned", "task_list_id", "phase", "last_modified", where="assignee_id IS NULL"
)
_newest("ix_tasks_waiting", "task_list_id", "phase", "last_modified", where="waiting IS NOT NULL")
Index(
    "ix_tasks_merged_into",
    Task.merged_into_id,
    sqlite_where=text("merged_into_id IS NOT NULL"),
    postgresql_where=text("merged_into_id IS NOT NULL"),
)
Index("ix_tasks_list_number", Task.task_list_id, Task.phase, Task.id)
Index(
    "ix_tasks_list_due",
    Task.task_list_id,
    Task.phase,
    Task.due,
    Task.id,
    sqlite_where=text("due IS NOT NULL"),
    postgresql_where=text("due IS NOT NULL"),
)
Index(
    "ix_tasks_resolved",
    Task.task_list_id,
    Task.public_modified,
    Task.id,
    sqlite_where=text(RESOLVED),
    postgresql_where=text(RESOLVED),
)
