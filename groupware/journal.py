"""The journal: who did what to what, and when; written in the transaction of the act."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.models import JournalEntry, User


def record(
    session: Session,
    act: str,
    entity: str,
    entity_id: int | None,
    *,
    actor: User | None,
    at: datetime,
    public: bool = False,
    **changes: Any,
) -> JournalEntry:
    """Write down an act; `changes` are `field=[before, after]`, in JSON's own types."""
    entry = JournalEntry(
        at=at,
        actor_id=actor.id if actor else None,
        act=act,
        entity=entity,
        entity_id=entity_id,
        public=public,
        changes=changes,
    )
    session.add(entry)
    return entry
