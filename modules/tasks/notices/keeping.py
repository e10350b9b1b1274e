"""How long notices are kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from modules.tasks.notices.models import Notice

KEPT_FOR = timedelta(days=60)


def forget_old(session: Session, now: datetime) -> None:
    """Drop what was told two months ago, read or not."""
    session.execute(delete(Notice).where(Notice.at < now - KEPT_FOR))
