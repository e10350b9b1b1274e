"""A filled desk and its server, made for one measurement and gone afterwards."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from groupware.database import Database
from tests import postgres

TICKS = os.sysconf("SC_CLK_TCK")
GROUPWARE = [sys.executable, "-c", "from groupware.cli import main; raise SystemExit(main())"]
READY_WITHIN = 60


@dataclass(frozen=True)
class Desk:
    """Where it answers, what it stands on, and which processes it is."""

    port: int
    database_url: str
    data: Path
    server: int

    def environment(self) -> dict[str, str]:
        """What its commands are told."""
        return _environment(self.data, self.database_url, self.port)

    def cpu(self) -> float:
        """Seconds of CPU that the server's processes have used so far."""
        return sum(map(_cpu, _tree(self.server)))

    def memory(self) -> float:
        """Megabytes that they hold, what they share counted once."""
        return sum(_field(each, "smaps_rollup", "Pss") for each in _tree(self.server)) / 1024

    def level(self) -> dict[int, int]:
        """What each process holds now, from where `grown` measures."""
        for each in _tree(self.server):
            Path(f"/proc/{each}/clear_refs").write_text("5")  # the peak begins anew
        return {each: _field(each, "status", "VmRSS") for each in _tree(self.server)}

    def grown(self, level: dict[int, int]) -> float:
        """Megabytes by which a process grew at most meanwhile."""
        return max(_field(each, "status", "VmHWM") - held for each, held in level.items()) / 1024


@contextmanager
def desk(engine: str, tickets: int, workers: int) -> Iterator[Desk]:
    """A desk with so many tickets on this engine, served by `groupware serve`."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        url = stack.enter_context(database_at(engine, data))
        port = _free_port()
        environment = _environment(data, url, port)
        subprocess.run(
            [*GROUPWARE, "demo", "--tickets", str(tickets)],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        serve = [*GROUPWARE, "serve", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
        process = subprocess.Popen(
            [*serve, "--no-worker"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            _wait(port)
            yield Desk(port, url, data, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@contextmanager
def database_at(engine: str, data: Path) -> Iterator[str]:
    """The URL of an empty database on this engine."""
    if engine == "sqlite":
        yield f"sqlite:///{data / 'groupware.db'}"
        return
    with postgres.server() as server:
        with Database(f"{server}/postgres") as administration:
            connection = administration.engine.connect()
            with connection.execution_options(isolation_level="AUTOCOMMIT"):
                connection.execute(text("CREATE DATABASE bench"))
        yield f"{server}/bench"


def _environment(data: Path, url: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "GROUPWARE_DATA": str(data),
        "GROUPWARE_DATABASE_URL": url,
        "GROUPWARE_BASE_URL": f"http://127.0.0.1:{port}",
    }


def _wait(port: int) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tree(process: int) -> list[int]:
    """A process and those that it began."""
    children: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        children += map(int, task.read_text().split())
    return [process, *(each for child in children for each in _tree(child))]


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _field(process: int, file: str, name: str) -> int:
    """Kilobytes, as the kernel tells them."""
    for line in Path(f"/proc/{process}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
