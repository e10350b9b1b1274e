"""How a process hears that some process has committed something."""

import time
from typing import Any, Protocol

from sqlalchemy import Engine

CHANNEL = "groupware"
LOOK = 0.2
"""Seconds between two looks at SQLite's counter, and the longest wait for PostgreSQL's word."""


class WakeUps(Protocol):
    """Waits for a commit; belongs to one thread."""

    def wait(self) -> bool:
        """True where something may have been committed, False after LOOK without."""

    def close(self) -> None:
        """Give the connection back."""


class DataVersion:
    """SQLite: a counter that moves when another connection commits, in whichever process."""

    def __init__(self, engine: Engine) -> None:
        self._held = engine.raw_connection()
        self._last = self._read()

    def wait(self) -> bool:
        time.sleep(LOOK)
        before, self._last = self._last, self._read()
        return before != self._last

    def close(self) -> None:
        self._held.close()

    def _read(self) -> int:
        return int(self._held.cursor().execute("PRAGMA data_version").fetchone()[0])


class Listening:
    """PostgreSQL: every transaction that writes says so as it is committed."""

    def __init__(self, engine: Engine) -> None:
        # A connection of its own, which never goes back to the pool.
        arguments, options = engine.dialect.create_connect_args(engine.url)
        self._held: Any = engine.dialect.connect(*arguments, **options)
        self._held.autocommit = True
        self._held.execute(f"LISTEN {CHANNEL}")

    def wait(self) -> bool:
        heard = list(self._held.notifies(timeout=LOOK, stop_after=1))
        if heard:
            time.sleep(LOOK / 4)  # what comes in one breath is looked at once
            list(self._held.notifies(timeout=0))
        return bool(heard)

    def close(self) -> None:
        self._held.close()


def of(engine: Engine) -> WakeUps:
    """The way of this database."""
    return Listening(engine) if engine.dialect.name == "postgresql" else DataVersion(engine)
