"""Task lists as calendars, beside Radicale: the same 10,000 tasks and requests, on this machine.

`python -m bench.calendar` prints a table of the median time and CPU of each request, row by row;
then what a sync after one change takes here with ten times as many tasks.
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
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from bench.desk import GROUPWARE, READY_WITHIN, _cpu, _free_port, _tree, database_at
from groupware import migrate, tokens
from groupware.database import Database
from groupware.models import TokenKind
from modules.tasks.icalendar.lines import folded
from modules.tasks.models import Task, TaskList
from tests.factories import NOON, Desk, Make

SPACES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
    ' xmlns:cs="http://calendarserver.org/ns/"'
)
TIMES = 9
CLIENTS = 8
STAMP = "%Y%m%dT%H%M%SZ"
LONGEST = 120
"""Seconds that one request may take; the first of all makes Radicale read every file."""
FIRST = 600
AT_ANY_SIZE = ("PROPFIND 0", "PUT, changed", "PUT, new", "sync after one change")

Act = Callable[[], tuple[int, bytes]]


@dataclass
class Server:
    """A collection of tasks that somebody may read and write."""

    port: int
    process: int
    path: str
    headers: dict[str, str]

    def ask(
        self, method: str, name: str = "", body: str = "", *, within: int = LONGEST, **headers: str
    ) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=within)
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
    parser.add_argument("--only", choices=("groupware", "radicale"))
    parser.add_argument("--row", type=float, default=30, help="seconds for the requests of a row")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all servers are ended
    runs: list[tuple[str, int, tuple[str, ...]]] = [
        ("groupware", options.tasks, ()),
        ("radicale", options.tasks, ()),
        ("groupware", options.tasks * 10, AT_ANY_SIZE),
    ]
    for name, tasks, only in runs:
        if options.only in (None, name):
            show(name, tasks, only, options)


def show(name: str, tasks: int, only: tuple[str, ...], options: argparse.Namespace) -> None:
    """Print the rows of one server as they are measured."""
    serve = partial(ours, engine=options.engine) if name == "groupware" else radicale
    with (
        tempfile.TemporaryDirectory(prefix="bench") as folder,
        serve(Path(folder), tasks) as server,
    ):
        print(f"\n{name}, {tasks:,} tasks; median ms, and CPU ms of the server, a request\n")
        print(f"{'':24}{'ms':>10}{'CPU ms':>10}{'times':>8}", flush=True)
        for act, took, cpu, times in measured(server, tasks, only, options.row):
            print(f"{act:24}{took:10.1f}{cpu:10.1f}{times:8}", flush=True)
        rate, wrong = rushed(server)
        said = ", ".join(f"{number} x {what}" for what, number in wrong.items()) or "none"
        print(
            f"{f'PUT, {CLIENTS} clients at once':24}{rate:10.1f} a second; refused: {said}",
            flush=True,
        )


def measured(
    server: Server, tasks: int, only: tuple[str, ...], seconds: float
) -> Iterator[tuple[str, float, float, int]]:
    """Each request some times over, the slow ones less often; a row is over after these seconds."""
    for name, act in acts(server, tasks).items():
        if only and name not in only:
            continue
        took: list[float] = []
        began, cpu = time.perf_counter(), server.cpu()
        try:
            while len(took) < TIMES and time.perf_counter() - began < seconds:
                at = time.perf_counter()
                status, _ = act()
                took.append((time.perf_counter() - at) * 1000)
                assert status in (200, 201, 204, 207), (name, status)
        except (TimeoutError, HTTPException) as problem:
            print(f"{name:24}{type(problem).__name__}", flush=True)
            continue
        yield name, statistics.median(took), (server.cpu() - cpu) * 1000 / len(took), len(took)


def acts(server: Server, tasks: int) -> dict[str, Act]:
    """What task apps ask for."""
    ask = server.ask
    status, told = ask("PROPFIND", body=_properties("<d:sync-token/>"), Depth="0", within=FIRST)
    assert status == 207, status
    ask("PUT", "u7.ics", _task(7, "Changed"), within=FIRST)  # what a sync tells of
    token = re.search(rb"sync-token>([^<]+)<", told)
    assert token is not None, told
    number, offset = count(), count(0, 100)
    week = (
        f'<c:time-range start="{_stamp(NOON + timedelta(days=30))}"'
        f' end="{_stamp(NOON + timedelta(days=37))}"/>'
    )
    sync = (
        f"<d:sync-collection {SPACES}><d:sync-token>{token[1].decode()}</d:sync-token>"
        "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    )

    def multiget(begin: int) -> tuple[int, bytes]:
        return ask("REPORT", body=_multiget(server.path, begin % tasks), Depth="1")

    def put(task: int) -> tuple[int, bytes]:
        return ask("PUT", f"u{task}.ics", _task(task, f"Written {next(number)}"))

    return {
        "PROPFIND 0": partial(
            ask, "PROPFIND", body=_properties("<cs:getctag/><d:sync-token/>"), Depth="0"
        ),
        "sync after one change": partial(ask, "REPORT", body=sync),
        "PROPFIND 1, ETags": partial(ask, "PROPFIND", body=_properties("<d:getetag/>"), Depth="1"),
        "query, open": partial(ask, "REPORT", body=_query(OPEN), Depth="1"),
        "query, a week": partial(ask, "REPORT", body=_query(week), Depth="1"),
        "multiget 100, first": lambda: multiget(next(offset)),
        "multiget 100, again": lambda: multiget(0),
        "PUT, changed": lambda: put(7),
        "PUT, new": lambda: put(tasks + next(number)),
    }


def rushed(server: Server) -> tuple[float, Counter[str]]:
    """Writes a second by some clients at once, and what else they were answered than that it is done."""
    wrong: Counter[str] = Counter()
    done = Counter[int]()
    began = time.perf_counter()

    def go(client: int) -> None:
        for each in range(20):
            name = f"rush-{client}-{each // 2}"
            try:
                status, _ = server.ask("PUT", f"{name}.ics", _task(name, f"Rushed {each}"))
            except (OSError, HTTPException) as problem:
                wrong[type(problem).__name__] += 1
                return
            done[client] += 1
            if status not in (201, 204):
                wrong[str(status)] += 1

    threads = [threading.Thread(target=go, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done.values()) / (time.perf_counter() - began), wrong


@contextmanager
def ours(folder: Path, tasks: int, engine: str) -> Iterator[Server]:
    """A desk with so many tickets in one list, as an agent's task app asks for it."""
    port = _free_port()
    with database_at(engine, folder) as url:
        environment = {
            "GROUPWARE_DATA": str(folder), "GROUPWARE_BASE_URL": f"http://127.0.0.1:{port}",
            "GROUPWARE_DATABASE_URL": url,
        }  # fmt: skip
        with Database(url) as database:
            migrate.upgrade(database)
            path, user = _filled(database, tasks)
        serve = ["serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--no-worker"]
        with _running([*GROUPWARE, *serve], port, environment) as process:
            yield Server(port, process, path, _signed(user))


def _filled(database: Database, tasks: int) -> tuple[str, str]:
    """The path of a list with so many tasks, and who may read it."""
    with Session(database.writer) as session, session.begin():
        desk = Desk(Make(session))
        secret = tokens.give(session, None, desk.agent, TokenKind.DAV, name="bench", now=NOON)
        for at in range(0, tasks, 1000):
            rows = [_row(desk, each) for each in range(at, min(at + 1000, tasks))]
            session.execute(insert(Task), rows)
        session.execute(
            update(TaskList).where(TaskList.id == desk.list.id).values(change_number=tasks)
        )
        session.execute(text("ANALYZE"))
        return (
            f"/dav/calendars/{desk.agent.id}/{desk.list.id}/",
            f"{desk.agent.address}:{secret}",
        )


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
        command, env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _answers(port)
        yield process.pid
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)


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


DETAILS = "It does not work since this morning; we have tried twice. " * 12


def _own_lines(number: object, summary: str) -> list[str]:
    due = _due(number) if isinstance(number, int) else NOON
    return [
        "BEGIN:VTODO", f"UID:u{number}", f"SUMMARY:{summary}", f"DUE:{_stamp(due)}",
        "STATUS:NEEDS-ACTION", "PRIORITY:5", f"DESCRIPTION:{DETAILS.strip()}",
        f"X-OWN;X-KIND=bench:{'y' * 60}", "END:VTODO",
    ]  # fmt: skip


def _task(number: object, summary: str) -> str:
    begin, *rest = _own_lines(number, summary)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//bench//EN", begin,
        f"DTSTAMP:{_stamp(NOON)}", *rest, "END:VCALENDAR",
    ]  # fmt: skip
    return folded(lines).decode()


def _row(desk: Desk, number: int) -> dict[str, object]:
    summary = f"Thing {number}"
    kept = ["BEGIN:VCALENDAR", *_own_lines(number, summary), "END:VCALENDAR"]
    return {
        "uid": f"u{number}", "task_list_id": desk.list.id, "customer_id": desk.customer.id,
        "created_by_id": desk.agent.id, "summary": summary, "description": DETAILS.strip(),
        "status": "NEEDS-ACTION", "priority": 5, "percent": 0,
        "created": NOON, "last_modified": NOON, "public_modified": NOON, "asked_at": NOON,
        "sequence": 1, "change_number": number + 1, "due": _due(number), "due_is_date": False,
        "kept_calendar": "\n".join(kept),
    }  # fmt: skip


if __name__ == "__main__":
    main()
