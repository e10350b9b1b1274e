"""A server as a user starts it: a process of its own, ended by its process id."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port


class Served:
    """`groupware serve`, and what it prints."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.port = free_port()
        self.log = Path(environment["GROUPWARE_DATA"]).parent / f"serve-{self.port}.log"
        command = [sys.executable, "-m", "groupware", "serve", "--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [*command, *arguments],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def get(self, path: str, timeout: float = 30) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()
        except OSError:
            return 0, {}, b""

    def until(self, condition: Callable[[], bool], seconds: float = 90) -> None:
        """Wait for something; the log tells why it did not come."""
        latest = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < latest, self.log.read_text()
            time.sleep(0.1)

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def below(self) -> list[int]:
        """The process ids of everything that this server has started."""
        return _below(self.process.pid)


def _below(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *_below(int(child))]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def served(environment: dict[str, str], *arguments: str) -> Iterator[Served]:
    """A server that is ready; whatever a test does to it, nothing of it is left afterwards."""
    server = Served(environment, *arguments)
    try:
        server.until(server.ready)
        yield server
    finally:
        everything = [*server.below(), server.process.pid]
        for pid in everything:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)
        server.process.wait()
