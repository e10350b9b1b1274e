"""What happens to tickets, in the past tense; modules list their handlers in their declaration."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from groupware.events import Event
from groupware.models import User
from modules.tasks.models import Comment, Task


@dataclass(frozen=True, kw_only=True)
class TicketEvent(Event):
    """By whom and when; nobody means the desk itself."""

    ticket: Task
    by: User | None
    at: datetime


class TicketFiled(TicketEvent):
    """A new ticket is there."""


@dataclass(frozen=True, kw_only=True)
class TicketReplied(TicketEvent):
    """Staff has answered the customer."""

    comment: Comment


@dataclass(frozen=True, kw_only=True)
class TicketResponded(TicketEvent):
    """The customer, or a participant, has answered."""

    comment: Comment


@dataclass(frozen=True, kw_only=True)
class NoteAdded(TicketEvent):
    """An agent has left a note for the other agents."""

    comment: Comment


@dataclass(frozen=True, kw_only=True)
class CommentChanged(TicketEvent):
    """A reply or note was edited, or deleted (`comment` is None then)."""

    comment: Comment | None


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketEvent):
    """Somebody has it now, or nobody."""

    before: User | None
    to: User | None


@dataclass(frozen=True, kw_only=True)
class TicketChanged(TicketEvent):
    """Anything else changed; `changes` holds `field: [before, after]`."""

    act: str
    changes: dict[str, Any] = field(default_factory=dict)


class TicketResolved(TicketEvent):
    """It is done, as far as staff can see."""


class TicketReopened(TicketEvent):
    """It needs action again."""


class TicketClosed(TicketEvent):
    """It is over."""


@dataclass(frozen=True, kw_only=True)
class TicketMoved(TicketEvent):
    """It belongs to another task list now."""

    from_list_id: int


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketEvent):
    """It holds another ticket now, whose number leads to it; of that one TicketDeleted is told."""

    source: Task


class TicketDeleted(TicketEvent):
    """It is hidden, and can be restored."""
