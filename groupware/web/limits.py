"""What is tried too often waits: counted in the database, so that all processes agree."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from groupware.models import Attempt


def allow(session: Session, key: str, *, most: int, within: timedelta, now: datetime) -> None:
    """Count a try under this key; raises TooManyRequests beyond `most` of them `within` a time."""
    session.execute(delete(Attempt).where(Attempt.key == key, Attempt.at <= now - within))
    tried, first = session.execute(
        select(func.count(), func.min(Attempt.at)).where(Attempt.key == key)
    ).one()
    if tried >= most:
        wait = int((first + within - now).total_seconds()) + 1
        raise TooManyRequests(retry_after=wait)
    session.add(Attempt(key=key, at=now))
    session.flush()
