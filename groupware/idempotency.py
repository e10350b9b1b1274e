"""What is sent twice is done once: a double click, a reload, a client that tries again.

A form carries a random key; the first request that brings it acts and keeps its answer, any later
one is given that answer. Two at once: the second waits for the first at the row of the key, and if
the first comes to nothing, so does its row, and the second acts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from groupware.models import IdempotencyKey, User
from groupware.secrets import new_secret
from groupware.upsert import insert

KEPT_FOR = timedelta(days=1)
LONGEST_KEY = 128

new_key = new_secret


def once(
    session: Session, user: User, key: str, act: Callable[[], str], *, now: datetime
) -> tuple[str, bool]:
    """The answer of `act`, and whether it was done now; without a key it always is.

    Begin the key with what the act is (`file:…`): one person's keys are one space.
    """
    if not key or len(key) > LONGEST_KEY:
        return act(), True
    first = session.scalar(
        insert(session, IdempotencyKey)
        .values(user_id=user.id, key=key, answer="", created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    mine = (IdempotencyKey.user_id == user.id, IdempotencyKey.key == key)
    if first is None:
        return session.scalars(select(IdempotencyKey.answer).where(*mine)).one(), False
    answer = act()
    session.execute(update(IdempotencyKey).where(*mine).values(answer=answer))
    return answer, True


def is_used(session: Session, user: User, key: str) -> bool:
    """True where the act of this key has been done."""
    return session.get(IdempotencyKey, (user.id, key)) is not None


def forget_old(session: Session, now: datetime) -> None:
    """Drop keys that nobody sends again."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR))
