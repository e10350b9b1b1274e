"""How each list writes, and what stands below a person's replies."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import access_of, need
from groupware.errors import Forbidden, Invalid
from groupware.mailboxes.models import Mailbox
from groupware.models import Level, Permission, User
from groupware.people import changed_values
from groupware.text import cleaned
from modules.tasks.access import require
from modules.tasks.letters.drafting import SIGNATURE
from modules.tasks.letters.models import Acknowledge, Correspondence
from modules.tasks.letters.telling import correspondence_of
from modules.tasks.models import TaskList

LONGEST_SIGNATURE = 1_000


@dataclass(frozen=True)
class Manner:
    """How a list writes; without a mailbox it is the one that feeds the list."""

    mailbox_id: int | None = None
    acknowledge: Acknowledge = Acknowledge.MAIL
    tell_resolved: bool = True
    tell_closed: bool = True
    tell_handed_over: bool = False
    quote: bool = False
    signature: str = ""

    @classmethod
    def of(cls, kept: Correspondence) -> "Manner":
        return cls(**{name: getattr(kept, name) for name in cls.__dataclass_fields__})


def manner_of(session: Session, task_list: TaskList) -> Manner:
    """How a list writes now."""
    return Manner.of(correspondence_of(session, task_list))


def set_manner(
    session: Session, actor: User, task_list: TaskList, manner: Manner, *, now: datetime
) -> None:
    """Change how a list writes; its mailbox is the managers' choice."""
    require(session, actor, Level.MANAGE, task_list)
    before = manner_of(session, task_list)
    if manner.mailbox_id != before.mailbox_id:
        if not access_of(session, actor).manager:
            raise Forbidden
        if manner.mailbox_id and session.get(Mailbox, manner.mailbox_id) is None:
            raise Invalid(mailbox_id="There is no such mailbox.")
    after = Manner(**{**asdict(manner), "signature": _signature(manner.signature)})
    changes: dict[str, Any] = dict(changed_values(asdict(before), asdict(after)))
    if not changes:
        return
    kept = session.get(Correspondence, task_list.id)
    if kept is None:
        kept = Correspondence(task_list_id=task_list.id)
        session.add(kept)
    for name, value in asdict(after).items():
        setattr(kept, name, value)
    session.flush()
    journal.record(
        session, "letters", "task_list", task_list.id, actor=actor, at=now, of=task_list.name,
        **changes,
    )  # fmt: skip


def signature_of(person: User) -> str:
    """What stands below a person's replies by mail."""
    return str((person.preferences or {}).get(SIGNATURE, ""))


def set_signature(session: Session, actor: User, signature: str) -> None:
    """Change what stands below one's own replies by mail."""
    need(session, actor, Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT)
    actor.preferences = {**(actor.preferences or {}), SIGNATURE: _signature(signature)}
    session.flush()


def _signature(text: str) -> str:
    text = cleaned(text).strip()
    if len(text) > LONGEST_SIGNATURE:
        raise Invalid(signature=f"This is longer than {LONGEST_SIGNATURE:,} characters.")
    return text
