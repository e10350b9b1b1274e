"""The journal: who did what to what, and when; written in the transaction of the act."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from groupware.models import JournalEntry, User

log = logging.getLogger(__name__)

_LINES = "journal lines"


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
    line = (act, entity, entity_id, actor.id if actor else None)
    session.info.setdefault(_LINES, []).append((entry, line))
    return entry


@event.listens_for(Session, "after_commit")
def _log(session: Session) -> None:
    if session.in_nested_transaction():
        return
    # Only what has come to stay; an act whose part was undone is no longer in the session.
    for entry, line in session.info.pop(_LINES, ()):
        if entry in session:
            log.info("%s %s %s by user %s", *line)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_LINES, None)
