"""The queue that wakes workers: it carries names of jobs and nothing else.

Rows are the truth: what a lost wake-up left is found by the job's next turn. So the queue may be
lost, and what lies in it can do no more than run a job that runs anyway.
"""

import json
import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

log = logging.getLogger(__name__)

NAME = "groupware"


class Queue:
    """Huey at a URL, with one task: run the job of that name."""

    def __init__(self, url: str) -> None:
        self.huey = _huey_at(url)
        self._run: Callable[[str], None] | None = None

        @self.huey.task(name="run")  # type: ignore[untyped-decorator]
        def run(job: str) -> None:
            if self._run is not None:
                self._run(job)

        self._task = run

    def wake(self, job: str) -> bool:
        """Let some worker run this job soon; False where the queue cannot be reached."""
        try:
            self._task(job)
        except Exception:  # each storage has its own errors, and a lost wake-up costs seconds
            log.warning("the queue cannot be reached: %s waits for its turn", job, exc_info=True)
            return False
        return True

    def consumer(self, run: Callable[[str], None], threads: int) -> Consumer:
        """Threads that run what the queue holds, not started yet."""
        self._run = run
        return self.huey.create_consumer(
            workers=threads, periodic=False, initial_delay=0.1, max_delay=1.0
        )


def problem(url: str) -> str | None:
    """Why this URL names no queue, or None."""
    scheme = urlsplit(url).scheme
    if scheme not in ("sqlite", "postgresql", "postgres", "redis", "rediss"):
        return f"{scheme}: is none of sqlite:, postgresql: and redis:."
    needed = {"p": "psycopg", "r": "redis"}.get(scheme[0])
    if needed and find_spec(needed) is None:
        extra = {"psycopg": "postgresql"}.get(needed, needed)
        return f"{scheme}: needs the extra of that name: pip install 'groupware-support[{extra}]'."
    return None


class Plain(Serializer):  # type: ignore[misc]  # huey has no types
    """Tasks as JSON: whoever can write to the queue's storage must not run code here."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps({"id": data.id, "name": data.name, "args": data.args}).encode()

    def _deserialize(self, data: bytes) -> Message:
        task: dict[str, Any] = json.loads(data)
        return Message(
            str(task["id"]), str(task["name"]), args=tuple(task["args"]), kwargs={}, retries=0
        )


def _huey_at(url: str) -> Huey:
    scheme = urlsplit(url).scheme
    # No results are kept: nobody waits for them.
    common: dict[str, Any] = {"results": False, "serializer": Plain()}
    if scheme == "sqlite":
        path = Path(unquote(urlsplit(url).path.removeprefix("/")))
        # No WAL: this is Python's own SQLite, which may be of those that damage it.
        return SqliteHuey(NAME, filename=str(path), journal_mode="truncate", fsync=False, **common)
    if scheme.startswith("postgres"):
        return PostgresHuey(NAME, dsn="postgresql:" + url.split(":", 1)[1], **common)
    return RedisHuey(NAME, url=url, **common)
