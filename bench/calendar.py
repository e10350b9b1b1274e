"""Task lists as calendars, beside Radicale: the same 10,000 tasks and requests, on this machine.

`python -m bench.calendar` prints a table of the median time and CPU of each request.
"""

import argparse
import base64
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from bench.desk import GROUPWARE, READY_WITHIN, _cpu, _free_port, _tree
from groupware import config, migrate, tokens
from groupware.database import Database
from groupware.models import TokenKind
from modules.tasks.models import Task, TaskList
from tests.factories import NOON, Desk, Make

SPACES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
    ' xmlns:cs="http://calendarserver.org/ns/"'
)
TIMES = 9
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass
class Server:
    """A collection of tasks that somebody may read and write."""

    port: int
    process: int
    path: str
    headers: dict[str, str]

    def ask(self, method: str, name: str = "", body: str = "", **headers: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {each.replace("_", "-"): value for each, value in headers.items()}
        kind = "text/calendar" if method == "PUT" else "text/xml"
        try:
            connection.request(
                method, self.path + name, body.encode(),
                {"Content-Type": kind, **self.headers, **sent},
            )  # fmt: skip
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cpu(self) -> float:
        return sum(map(_cpu, _tree(self.process)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.calendar", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    options = parser.parse_args()
    print(f"{options.tasks:,} tasks; median ms, and CPU ms of the server, a request")
    for name, serve in (("groupware", ours), ("radicale", radicale)):
        with (
            tempfile.TemporaryDirectory(prefix="bench") as folder,
            serve(Path(folder), options.tasks) as server,
        ):
            print(f"\n{name:24}{'ms':>10}{'CPU ms':>10}", flush=True)
            for act, took, cpu in measured(server, options.tasks):
                print(f"{act:24}{took:10.1f}{cpu:10.1f}", flush=True)


def measured(server: Server, tasks: int) -> Iterator[tuple[str, float, float]]:
    """Each request some times over."""
    status, told = server.ask("PROPFIND", body=_properties("<d:sync-token/>"), Depth="0")
    token = re.search(rb"sync-token>([^<]+)<", told)
    assert status == 207, status
    assert token is not None, told
    number, offset = count(), count(0, 100)
    week = (
        f'<c:time-range start="{_stamp(NOON + timedelta(days=30))}"'
        f' end="{_stamp(NOON + timedelta(days=37))}"/>'
    )
    acts: dict[str, Callable[[], tuple[int, bytes]]] = {
        "PROPFIND 0": partial(
            server.ask, "PROPFIND",
            body=_properties("<cs:getctag/><d:sync-token/>"), Depth="0",
        ),
        "PROPFIND 1, ETags": partial(
            server.ask, "PROPFIND", body=_properties("<d:getetag/>"), Depth="1"
        ),
        "PUT, changed": lambda: server.ask("PUT", "u7.ics", _task(7, f"Changed {next(number)}")),
        "sync after one change": partial(
            server.ask, "REPORT",
            body=f"<d:sync-collection {SPACES}><d:sync-token>{token[1].decode()}</d:sync-token>"
            "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>",
        ),
        "query, open": partial(server.ask, "REPORT", body=_query(OPEN), Depth="1"),
        "query, a week": partial(server.ask, "REPORT", body=_query(week), Depth="1"),
        "multiget 100, first": lambda: server.ask(
            "REPORT", body=_multiget(server.path, next(offset) % tasks), Depth="1"
        ),
        "multiget 100, again": lambda: server.ask(
            "REPORT", body=_multiget(server.path, 0), Depth="1"
        ),
        "PUT, new": lambda: server.ask(
            "PUT", f"u{(new := tasks + next(number))}.ics", _task(new, "New")
        ),
    }  # fmt: skip
    for name, act in acts.items():
        took, cpu = [], server.cpu()
        for _ in range(TIMES):
            began = time.perf_counter()
            status, _ = act()
            took.append((time.perf_counter() - began) * 1000)
            assert status in (200, 201, 204, 207), (name, status)
        yield name, statistics.median(took), (server.cpu() - cpu) * 1000 / TIMES


@contextmanager
def ours(folder: Path, tasks: int) -> Iterator[Server]:
    """A desk with so many tickets in one list, as an agent's task app asks for it."""
    port = _free_port()
    environment = {
        "GROUPWARE_DATA": str(folder), "GROUPWARE_BASE_URL": f"http://127.0.0.1:{port}"
    }  # fmt: skip
    database = Database(config.read(environment).database_url)
    migrate.upgrade(database)
    with Session(database.writer) as session, session.begin():
        desk = Desk(Make(session))
        secret = tokens.give(session, None, desk.agent, TokenKind.DAV, name="bench", now=NOON)
        user = f"{desk.agent.address}:{secret}"
        path = f"/dav/calendars/{desk.agent.id}/{desk.list.id}/"
        for at in range(0, tasks, 1000):
            rows = [_row(desk, each) for each in range(at, min(at + 1000, tasks))]
            session.execute(insert(Task), rows)
        session.execute(
            update(TaskList).where(TaskList.id == desk.list.id).values(change_number=tasks)
        )
    database.engine.dispose()
    serve = [*GROUPWARE, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--no-worker"]
    with _running(serve, port, environment) as process:
        yield Server(port, process, path, _signed(user))


@contextmanager
def radicale(folder: Path, tasks: int) -> Iterator[Server]:
    """Radicale with the same tasks, each a file."""
    port = _free_port()
    collection = folder / "collection-root" / "bench" / "tasks"
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text(
        '{"tag": "VCALENDAR", "C:supported-calendar-component-set": "VTODO"}'
    )
    for each in range(tasks):
        (collection / f"u{each}.ics").write_bytes(_task(each, f"Thing {each}").encode())
    serve = [
        sys.executable, "-m", "radicale", "--config", "", "--hosts", f"127.0.0.1:{port}",
        "--storage-filesystem-folder", str(folder), "--auth-type", "none",
    ]  # fmt: skip
    with _running(serve, port, {}) as process:
        yield Server(port, process, "/bench/tasks/", _signed("bench:bench"))


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _answers(port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def _signed(user: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}


def _stamp(at: datetime) -> str:
    return at.strftime(STAMP)


def _properties(names: str) -> str:
    return f"<d:propfind {SPACES}><d:prop>{names}</d:prop></d:propfind>"


def _query(condition: str) -> str:
    return (
        f"<c:calendar-query {SPACES}><d:prop><d:getetag/></d:prop><c:filter>"
        f'<c:comp-filter name="VCALENDAR"><c:comp-filter name="VTODO">{condition}'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


OPEN = (
    '<c:prop-filter name="COMPLETED"><c:is-not-defined/></c:prop-filter>'
    '<c:prop-filter name="STATUS"><c:text-match negate-condition="yes">CANCELLED</c:text-match>'
    "</c:prop-filter>"
)


def _multiget(path: str, begin: int) -> str:
    wanted = "".join(f"<d:href>{path}u{begin + each}.ics</d:href>" for each in range(100))
    return (
        f"<c:calendar-multiget {SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{wanted}</c:calendar-multiget>"
    )


def _due(number: int) -> datetime:
    return NOON + timedelta(hours=number % 8760)


def _task(number: int, summary: str) -> str:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//bench//EN", "BEGIN:VTODO",
        f"UID:u{number}", f"DTSTAMP:{_stamp(NOON)}", f"SUMMARY:{summary}",
        f"DUE:{_stamp(_due(number))}", "STATUS:NEEDS-ACTION", "PRIORITY:5",
        "DESCRIPTION:It does not work.", f"X-OWN:{'y' * 60}", "END:VTODO", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def _row(desk: Desk, number: int) -> dict[str, object]:
    return {
        "uid": f"u{number}", "task_list_id": desk.list.id, "customer_id": desk.customer.id,
        "created_by_id": desk.agent.id, "summary": f"Thing {number}",
        "description": "It does not work.", "status": "NEEDS-ACTION", "priority": 5, "percent": 0,
        "created": NOON, "last_modified": NOON, "public_modified": NOON, "asked_at": NOON,
        "sequence": 1, "change_number": number + 1, "due": _due(number), "due_is_date": False,
    }  # fmt: skip


if __name__ == "__main__":
    main()
