"""Background work: each job once, whoever does it; a lost wake-up costs seconds, no work."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import blobs, scrub, worker
from groupware.config import Settings
from groupware.database import Database
from groupware.models import Heartbeat, Upload
from groupware.queue import Queue
from groupware.worker import Job, Worker
from tests.factories import NOON, Make

EVERY = timedelta(seconds=30)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(f"sqlite:///{tmp_path}/queue.db")


def test_a_turn_is_taken_once_by_however_many_workers(database: Database) -> None:
    taken: list[bool] = []

    def take() -> None:
        taken.append(worker.take_turn(database, "job", EVERY, NOON))

    for _ in range(2):
        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert taken.count(True) == 1
    assert not worker.take_turn(database, "job", EVERY, NOON + timedelta(seconds=29))
    assert worker.take_turn(database, "job", EVERY, NOON + EVERY)


def test_a_clock_that_was_put_back_stops_no_job(database: Database) -> None:
    assert worker.take_turn(database, "job", EVERY, NOON + timedelta(days=1))
    assert worker.take_turn(database, "job", EVERY, NOON)


def test_jobs_run_when_their_turn_comes(database: Database, queue: Queue) -> None:
    done: list[str] = []
    jobs = [Job(name, EVERY, lambda name=name: done.append(name)) for name in ("one", "two")]
    working = Worker(database, queue, jobs)
    consumer = queue.consumer(working.do, 1)
    working.tick(NOON)
    working.tick(NOON)
    working.tick(NOON + timedelta(seconds=10))
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)
    assert sorted(done) == ["one", "two"]
    assert consumer is not None


def test_a_queue_that_is_away_loses_no_work(database: Database, tmp_path: Path) -> None:
    queue = Queue(f"sqlite:///{tmp_path}/queue.db")
    (tmp_path / "queue.db").unlink()
    (tmp_path / "queue.db").mkdir()
    done: list[int] = []
    Worker(database, queue, [Job("one", EVERY, lambda: done.append(1))]).tick(NOON)
    assert done == [1]


def test_a_job_that_fails_stops_no_other(database: Database, queue: Queue) -> None:
    def fail() -> None:
        raise RuntimeError("nothing to be done")

    done: list[int] = []
    working = Worker(
        database, queue, [Job("bad", EVERY, fail), Job("good", EVERY, lambda: done.append(1))]
    )
    working.do("bad")
    working.do("good")
    working.do("bad")
    assert done == [1]


def test_a_job_does_not_run_beside_itself(database: Database, queue: Queue) -> None:
    inside, go_on = threading.Event(), threading.Event()
    runs: list[int] = []

    def slow() -> None:
        runs.append(1)
        inside.set()
        go_on.wait(60)

    working = Worker(database, queue, [Job("slow", EVERY, slow)])
    thread = threading.Thread(target=working.do, args=["slow"])
    thread.start()
    inside.wait(60)
    working.do("slow")
    go_on.set()
    thread.join()
    assert runs == [1]


def test_what_lies_in_the_queue_runs_no_code(queue: Queue) -> None:
    queue.wake("outbox")
    queue.huey.storage.enqueue(b"cos\nsystem\n(S'true'\ntR.")
    assert queue.huey.dequeue().args == ("outbox",)
    with pytest.raises(ValueError, match="Expecting value"):
        queue.huey.dequeue()


def test_a_worker_says_that_it_is_alive(database: Database, queue: Queue, session: Session) -> None:
    assert not worker.alive(session, NOON)
    session.rollback()
    Worker(database, queue, []).tick(NOON)
    assert worker.alive(session, NOON + timedelta(seconds=59))
    assert not worker.alive(session, NOON + timedelta(seconds=61))


def test_every_module_s_periodic_work_is_a_job(settings: Settings, database: Database) -> None:
    names = [job.name for job in worker.jobs_of(settings, database)]
    assert "core.tidy" in names
    assert "orphaned files" in names
    assert worker.OUTBOX in names, "a mailbox may have a server of its own"
    assert len(names) == len(set(names))


def test_bytes_that_belong_to_nothing_go_after_a_day(
    database: Database, session: Session, make: Make, tmp_path: Path
) -> None:
    store = blobs.Folder(tmp_path / "files")
    kept, orphan = (store.put([content]).sha256 for content in (b"kept", b"orphan"))
    at = store.stored_at(orphan)
    assert at is not None
    session.add(
        Upload(
            token_hash=b"x" * 32, user_id=make.user().id, name="a", content_type="text/plain", size=4,
            sha256=kept, created_at=NOON,
        )
    )  # fmt: skip
    session.commit()
    assert scrub.collect(database, store, now=at + timedelta(hours=23)) == 0
    assert scrub.collect(database, store, now=at + timedelta(hours=25)) == 1
    assert store.exists(kept)
    assert not store.exists(orphan)


def test_turns_are_rows(database: Database, session: Session) -> None:
    worker.take_turn(database, "job", EVERY, NOON)
    assert session.scalars(select(Heartbeat.name)).all() == ["job"]
