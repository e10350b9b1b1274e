"""The worker: sends what waits, does what is due, and says that it is alive.

Each job has a row in `heartbeats` with the time of its last turn. Whoever moves that time on, in
one statement, has the turn: so any number of workers do each job once. The turn wakes the queue,
and a thread runs the job; wake-ups come from elsewhere too, such as a committed mail.
"""

import logging
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from groupware import blobs, module, outbox, scrub
from groupware.config import Settings
from groupware.database import Database, utc_now
from groupware.mailboxes import rooms
from groupware.mailboxes.sending import Post
from groupware.models import Heartbeat
from groupware.queue import Queue
from groupware.upsert import insert

log = logging.getLogger(__name__)

ALIVE = "worker"
OUTBOX = "outbox"
THREADS = 4
TICK = 1.0
SENDING = timedelta(seconds=5)
BEAT = timedelta(seconds=10)
DEAD_AFTER = timedelta(seconds=60)
GRACE = 30


@dataclass(frozen=True)
class Job:
    """Something to do every so often; it opens its own transactions."""

    name: str
    every: timedelta
    run: Callable[[], object]


def jobs_of(
    settings: Settings, database: Database, wake: Callable[[str], object] = lambda _job: None
) -> list[Job]:
    """The core's jobs and every module's."""
    store = blobs.store_at(settings.blob_url)
    jobs = [
        Job(
            "orphaned files",
            timedelta(hours=1),
            lambda: scrub.collect(database, store, now=utc_now()),
        )
    ]
    writers = {
        kind: write
        for part in module.installed()
        if part.writers
        for kind, write in part.writers(settings).items()
    }
    post = Post(settings, database, store)

    def send_what_waits() -> None:
        outbox.write(database, writers, utc_now)
        post.sweep(utc_now)

    jobs.append(Job(OUTBOX, SENDING, send_what_waits))
    jobs += [Job(*each) for each in rooms.work(settings, database, store, wake)]
    for part in module.installed():
        jobs += [
            Job(each.name, timedelta(seconds=each.seconds), _in_one(database, each))
            for each in part.periodic
        ]
        jobs += [
            Job(each.name, timedelta(seconds=each.seconds), partial(each.run, database, utc_now))
            for each in (*part.work, *(part.works(settings) if part.works else ()))
        ]
    return jobs


class Worker:
    """Runs jobs until it is told to stop."""

    def __init__(self, database: Database, queue: Queue, jobs: Iterable[Job]) -> None:
        self.database, self.queue = database, queue
        self.jobs = {job.name: job for job in jobs}
        self.stopping = threading.Event()
        self._running: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def run(self) -> None:
        """Work until `stopping` is set, then finish what is being done."""
        consumer = self.queue.consumer(self.do, THREADS)
        consumer.shutdown_timeout = GRACE
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        consumer.start()
        for number in before:
            signal.signal(number, lambda *_: self.stopping.set())
        parent = os.getppid()
        log.info("working")
        while not self.stopping.wait(TICK):
            self.tick(utc_now())
            consumer.check_worker_health()
            if os.getppid() != parent:
                log.warning("the server is gone: stopping")
                break
        consumer.stop(graceful=True)
        for number, handler in before.items():
            signal.signal(number, handler)
        log.info("stopped")

    def tick(self, now: datetime) -> None:
        """Say that this worker is alive, and take the turns that are due."""
        try:
            for job in self._due(now):
                mine = take_turn(self.database, job.name, job.every, now)
                if mine and not self.queue.wake(job.name):
                    self.do(job.name)
        except SQLAlchemyError:
            log.exception("the database cannot be reached")

    def do(self, name: str) -> None:
        """Run a job now, unless this worker is at it already."""
        job = self.jobs.get(name)
        if job is None or not self._running[name].acquire(blocking=False):
            return
        try:
            job.run()
        except Exception:
            log.exception("job %s failed; its next turn comes in %s", name, job.every)
        finally:
            self._running[name].release()

    def _due(self, now: datetime) -> list[Job]:
        with self.database.reading() as session:
            turns = {beat.name: beat.at for beat in session.scalars(select(Heartbeat))}
        if ALIVE not in turns or abs(now - turns[ALIVE]) >= BEAT:
            take_turn(self.database, ALIVE, BEAT, now)
        return [
            job
            for job in self.jobs.values()
            if job.name not in turns or abs(now - turns[job.name]) >= job.every
        ]


def take_turn(database: Database, name: str, every: timedelta, now: datetime) -> bool:
    """True for one of all workers, once in this time."""
    with database.writing() as session:
        moved = session.execute(
            update(Heartbeat)
            .where(
                Heartbeat.name == name,
                # A time to come was written by a clock that has since been put back.
                or_(Heartbeat.at <= now - every, Heartbeat.at > now + every),
            )
            .values(at=now)
            .returning(Heartbeat.name)
        ).first()
        made = moved or session.scalar(
            insert(session, Heartbeat)
            .values(name=name, at=now)
            .on_conflict_do_nothing()
            .returning(Heartbeat.name)
        )
    return made is not None


def alive(session: Session, now: datetime) -> bool:
    """True where a worker has said so within the last minute."""
    at = session.scalar(select(Heartbeat.at).where(Heartbeat.name == ALIVE))
    return at is not None and abs(now - at) < DEAD_AFTER


def main(settings: Settings) -> int:
    """Work with these settings until SIGTERM or SIGINT."""
    database, queue = Database(settings.database_url), Queue(settings.queue_url)
    outbox.on_commit(lambda: queue.wake(OUTBOX))
    Worker(database, queue, jobs_of(settings, database, queue.wake)).run()
    database.engine.dispose()
    return 0


def _in_one(database: Database, periodic: module.Periodic) -> Callable[[], None]:
    def run() -> None:
        with database.writing() as session:
            periodic.run(session, utc_now())

    return run
