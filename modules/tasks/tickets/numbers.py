"""A ticket's number before its row is there, so that a run of many can write their rows at once."""

from collections.abc import Iterator
from itertools import count

from sqlalchemy import text
from sqlalchemy.orm import Session

from groupware.memory import is_remembering, remembered

_NEXT = text("SELECT nextval(pg_get_serial_sequence('tasks', 'id'))")
_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = 'tasks'")


def ahead(session: Session) -> int | None:
    """The next ticket's number within such a run; None elsewhere, where the row brings its own.

    Whatever makes a ticket asks here: the numbers that a run has given out are not to be had twice.
    """
    if not is_remembering(session):
        return None
    if session.get_bind().dialect.name == "sqlite":
        return next(remembered(session, "ticket numbers", lambda: _from_here(session)))
    with session.no_autoflush:  # the sequence knows nothing of what waits to be written
        number: int = session.execute(_NEXT).scalar_one()
    return number


def _from_here(session: Session) -> Iterator[int]:
    # Nobody else writes as long as this transaction does.
    last = session.execute(_LAST).scalar()
    return count((last or 0) + 1)
