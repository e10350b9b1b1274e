"""The streams of this process, and the one thread that tells them what has changed.

A stream is open -> over. Over is: its session has ended, the server is stopping, or it was closed.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from groupware.database import Database, utc_now
from groupware.live import topics as matters
from groupware.live import wakeups
from groupware.live.topics import Topic, Watched
from groupware.web.identity import living

log = logging.getLogger(__name__)

MOST_STREAMS = 40
"""Of one process; its other threads answer pages."""
MOST_OF_ONE = 20
"""Of one session: nobody takes all the places; who has more pages open asks now and then."""
LOOK_ANYWAY = 5.0
"""Seconds after which the hub looks without a wake-up: what runs out changes without a commit."""
PAUSE = 2.0


class Full(Exception):
    """As many streams are open as this process can hold."""


class Stream:
    """What one open page waits for."""

    def __init__(self, hub: "Hub", session_hash: bytes, stood: dict[Watched, str | None]) -> None:
        self.session_hash = session_hash
        self.stood = stood
        self.over = False
        self._hub = hub
        self._changed: set[Watched] = set()

    def wait(self, seconds: float) -> tuple[set[Watched], dict[Watched, str | None]]:
        """What has changed since the last time, as soon as something has, and how all stands then.

        Nothing has after so many seconds without.
        """
        with self._hub.news:
            self._hub.news.wait_for(lambda: self._changed or self.over, seconds)
            changed, self._changed = self._changed, set()
            return changed, dict(self.stood)

    def keep(self, seen: Collection[Watched]) -> None:
        """Follow no more than these from now on."""
        with self._hub.news:
            self.stood = {topic: stamp for topic, stamp in self.stood.items() if topic in seen}

    def close(self) -> None:
        """Leave the place to another; twice is harmless."""
        self._hub.forget(self)

    def told(self, standing: Mapping[Watched, str]) -> None:
        """Compare with how it stood; the hub calls this with its lock held."""
        for topic, stamp in standing.items():
            if topic in self.stood and self.stood[topic] != stamp:
                if self.stood[topic] is not None:
                    self._changed.add(topic)
                self.stood[topic] = stamp


class Hub:
    """Keeps the streams of a process, and looks for them."""

    def __init__(
        self, database: Database, topics: Mapping[str, Topic], most: int = MOST_STREAMS
    ) -> None:
        self.database, self.topics, self.most = database, topics, most
        self.news = threading.Condition()
        self.stopping: Callable[[], bool] = lambda: False  # the server says when
        self._streams: set[Stream] = set()
        self._thread: threading.Thread | None = None
        self._asked = False  # for a look without a wake-up

    def open(self, session_hash: bytes, stood: dict[Watched, str | None]) -> Stream:
        """A stream of these topics; raises Full."""
        with self.news:
            own = sum(each.session_hash == session_hash for each in self._streams)
            if len(self._streams) >= self.most or own >= MOST_OF_ONE or self.stopping():
                raise Full
            stream = Stream(self, session_hash, stood)
            self._streams.add(stream)
            self._asked = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="live", daemon=True)
                self._thread.start()
            return stream

    def forget(self, stream: Stream) -> None:
        with self.news:
            stream.over = True
            self._streams.discard(stream)
            self.news.notify_all()

    def stop(self) -> None:
        """End all streams, and take no more."""
        self.stopping = lambda: True
        self._end()
        if thread := self._thread:
            thread.join(timeout=PAUSE)

    def _end(self) -> None:
        with self.news:
            for stream in self._streams:
                stream.over = True
            self._streams.clear()
            self.news.notify_all()

    def _watch(self) -> None:
        while True:
            try:
                with _waking(self.database) as waking:
                    self._watch_with(waking)
            except Exception:  # pages are live again when the database is back
                log.exception("live pages wait for the database")
                self._rest()
            with self.news:
                if not self._streams:
                    self._thread = None
                    return

    def _watch_with(self, waking: wakeups.WakeUps) -> None:
        looked = 0.0
        while self._streams:
            woken = waking.wait()
            if self.stopping():
                self._end()
            elif woken or self._asked or time.monotonic() - looked > LOOK_ANYWAY:
                self._asked, looked = False, time.monotonic()
                self._look()

    def _look(self) -> None:
        with self.news:
            streams = list(self._streams)
            watched = {topic for stream in streams for topic in stream.stood}
        now = utc_now()
        try:
            with self.database.reading() as session:
                alive = living(session, {stream.session_hash for stream in streams}, now)
                standing = matters.standing(session, watched, self.topics, now)
        except SQLAlchemyError as error:
            log.warning("live pages were not looked after: %s", getattr(error, "orig", error))
            return
        with self.news:
            for stream in streams:
                stream.told(standing)
                stream.over = stream.over or stream.session_hash not in alive
            self.news.notify_all()

    def _rest(self) -> None:
        until = time.monotonic() + PAUSE
        while time.monotonic() < until and not self.stopping():
            time.sleep(wakeups.LOOK)
        if self.stopping():
            self._end()


@contextmanager
def _waking(database: Database) -> Iterator[wakeups.WakeUps]:
    waking = wakeups.of(database.engine)
    try:
        yield waking
    finally:
        waking.close()
