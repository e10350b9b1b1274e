"""The program as it is run: one command serves and works; it ends cleanly, and leaves no orphan."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import select

from groupware.database import Database
from groupware.models import Heartbeat, JournalEntry
from tests.conftest import _administer
from tests.core.serving import Served, is_running, served
from tests.ports import free_port

pytestmark = pytest.mark.slow

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"GROUPWARE_DATA": str(tmp_path / "data"), "GROUPWARE_DATABASE_URL": database_url}


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Served]:
    with served(environment) as server:
        yield server


def raw(server: Served, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def taken(port: int) -> int:
    """How many connections the server on this port has taken out of the kernel's hands."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established, nobodys = "01", "0"
    return sum(
        row[1].endswith(f":{port:04X}") and row[3] == established and row[9] != nobodys
        for row in rows
    )


def test_it_serves_and_works_and_says_no_more_than_it_must(server: Served) -> None:
    status, headers, body = server.get("/readyz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert "Server" not in headers
    assert json.loads(server.get("/healthz")[2]) == {"status": "ok"}
    assert server.get("/login")[0] in (200, 303)


@sqlite_only
def test_what_could_be_smuggled_is_refused(server: Served) -> None:
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    head = b"POST /login HTTP/1.1\r\n" + host
    for request in (
        head
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        head + b"Content-Length: 4\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde",
        head + b"Transfer-Encoding : chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: xchunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        b"GET /login HTTP/1.1\r\n" + host + b"X: 1\r\n folded\r\nConnection: close\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
        b"GET /login HTTP/1.1\r\n" + host + b"X: " + b"x" * 9000 + b"\r\nConnection: close\r\n\r\n",
    ):
        answer = raw(server, request)
        status = int(answer.split(b" ", 2)[1])
        assert 400 <= status < 500 or status == 501, request[:80]
        assert b"gunicorn" not in answer.lower()
    assert server.ready()


@sqlite_only
def test_sigterm_ends_everything_and_running_requests_finish(
    environment: dict[str, str],
) -> None:
    with served(environment) as server:
        below = server.below()
        assert len(below) == 4, "two for pages, a keeper, a worker"
        statuses: list[int] = []
        connections = []
        for _ in range(8):  # requests whose last byte comes only after the signal
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            connection.sendall(f"GET /login HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode())
            connections.append(connection)
        server.until(lambda: taken(server.port) == len(connections))
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        for connection in connections:
            connection.sendall(b"Connection: close\r\n\r\n")
            answer = connection.makefile("rb").read()
            statuses.append(int(answer.split(b" ", 2)[1]))
            connection.close()
        assert set(statuses) == {302}, "each is answered: an empty desk leads to its set-up"
        assert server.process.wait(timeout=90) == 0
        server.until(lambda: not any(is_running(pid) for pid in below))
        assert "groupware.worker: stopped" in server.log.read_text()


@sqlite_only
def test_no_orphan_is_left_when_the_parent_is_killed_outright(
    environment: dict[str, str],
) -> None:
    with served(environment) as server:
        below = server.below()
        os.kill(server.process.pid, signal.SIGKILL)
        server.until(lambda: not any(is_running(pid) for pid in below))


@sqlite_only
def test_a_worker_that_crashes_is_started_again(environment: dict[str, str]) -> None:
    with served(environment) as server:
        worker = next(pid for pid in server.below() if _parent(pid) != server.process.pid)
        os.kill(worker, signal.SIGKILL)
        server.until(lambda: "starts again" in server.log.read_text())
        server.until(lambda: server.log.read_text().count("groupware.worker: working") == 2)
        again = next(pid for pid in server.below() if _parent(pid) != server.process.pid)
        assert again != worker


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@sqlite_only
def test_without_a_worker_it_is_alive_but_not_ready(environment: dict[str, str]) -> None:
    server = Served(environment, "--no-worker")
    try:
        server.until(lambda: server.get("/healthz")[0] == 200)
        status, _, body = server.get("/readyz")
        assert (status, json.loads(body)) == (503, {"status": "unavailable"})
        worker = subprocess.Popen(
            [sys.executable, "-m", "groupware", "worker"],
            env={**os.environ, **environment}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            server.until(server.ready)
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=90) == 0
    finally:
        server.process.terminate()
        server.process.wait(timeout=90)


@sqlite_only
def test_bad_settings_stop_the_start_with_every_problem(environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "groupware", "serve", "--bind", f"127.0.0.1:{free_port()}"],
        env={**os.environ, **environment, "GROUPWARE_BASE_URL": "desk", "GROUPWARE_LOG_FORMAT": "xml"},
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("GROUPWARE_BASE_URL")
    assert lines[1].startswith("GROUPWARE_LOG_FORMAT")


DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
WRITER = """
import sys
from groupware.database import Database, utc_now
from groupware.models import JournalEntry
database = Database(sys.argv[1])
number = int(sys.argv[2])
while True:
    number += 1
    with database.writing() as session:
        session.add(JournalEntry(at=utc_now(), act="w", entity="one", entity_id=number))
        session.add(JournalEntry(at=utc_now(), act="w", entity="two", entity_id=number))
    print(number, flush=True)
"""


def _heard(output: IO[str], acknowledged: list[int]) -> None:
    acknowledged.extend(map(int, output))


def test_no_write_that_was_answered_is_lost_when_a_process_is_killed(
    database_url: str, database: Database
) -> None:
    """Two writers acknowledge after their commit, and are killed 20 times at random moments."""
    acknowledged: list[int] = []
    for turn in range(10):
        writers = [
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", WRITER, database_url, str((turn * 2 + number) * 1_000_000)],
                stdout=subprocess.PIPE, text=True,
            )
            for number in range(2)
        ]  # fmt: skip
        outputs = [writer.stdout for writer in writers if writer.stdout is not None]
        threads = [
            threading.Thread(target=_heard, args=(output, acknowledged)) for output in outputs
        ]
        acknowledged += [int(output.readline()) for output in outputs]  # both are at work now
        for thread in threads:
            thread.start()
        enough = len(acknowledged) + 10
        while len(acknowledged) < enough:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))  # noqa: S311
        for writer in writers:
            writer.kill()
            writer.wait()
        for thread, output in zip(threads, outputs, strict=True):
            thread.join()
            output.close()
    with database.engine.connect() as connection:
        kept = {
            entity: set(
                connection.scalars(
                    select(JournalEntry.entity_id).where(JournalEntry.entity == entity)
                )
            )
            for entity in ("one", "two")
        }
        if database_url.startswith("sqlite"):
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert len(acknowledged) > 100
    assert set(acknowledged) - kept["one"] == set()
    assert kept["one"] == kept["two"], "a transaction is there whole, or not at all"


def test_readiness_follows_the_database(server: Served, database: Database) -> None:
    with database.writing() as session:
        beat = session.get_one(Heartbeat, "worker")
        assert beat.at is not None
    if database.engine.dialect.name == "sqlite":
        return
    name = database.engine.url.database
    base = str(database.engine.url.render_as_string(hide_password=False)).rsplit("/", 1)[0]
    _administer(base, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    _administer(base, f"{DISCONNECT} '{name}'")
    try:
        server.until(lambda: server.get("/readyz")[0] == 503)
        assert server.get("/healthz")[0] == 200
    finally:
        _administer(base, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    server.until(server.ready)
