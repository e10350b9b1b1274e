"""Somebody was told: what the mail's side listens for."""

from dataclasses import dataclass

from groupware.events import Event
from groupware.models import User
from modules.tasks.models import Comment, Task
from modules.tasks.notices.models import Notice, Reason


@dataclass(frozen=True, kw_only=True)
class NoticeGiven(Event):
    """An agent who may see the ticket now is told of it; `mail`: by a letter too, as they chose."""

    notice: Notice
    person: User
    ticket: Task
    comment: Comment | None
    reason: Reason
    mail: bool
