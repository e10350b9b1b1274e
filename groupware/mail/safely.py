"""Reading mail in a process of its own, with bounds: whatever a mail does, the asker goes on.

idle -> asked -> answered -> idle
          |-> died, or silent for too long -> killed; the mail is unreadable, a new one starts
"""

import atexit
import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time

from groupware.mail import wire
from groupware.mail.message import Message
from groupware.mail.mime import LARGEST

SECONDS = 20.0  # by the clock; the process's own bound is on its processor time
_KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")


class Reader:
    """One process that reads mails one after the other; started when first needed."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def read(self, raw: bytes) -> Message:
        """The message in these bytes, or one that says why it could not be read."""
        # One byte more than is read tells the process that there was more.
        raw = raw[: LARGEST + 1]
        with self._lock:
            try:
                return wire.unpacked(self._asked(raw))
            except TimeoutError:
                problem = f"It could not be read within {self.seconds:.0f} seconds."
            except (OSError, EOFError):
                problem = "Reading it took more time or memory than a mail may take."
            except (ValueError, KeyError, TypeError):
                problem = "What was read of it makes no sense."
            self._end()
        return Message(problems=(problem,), readable=False)

    def process_id(self) -> int:
        """The process that reads, started where there is none."""
        with self._lock:
            return self._running().pid

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _asked(self, raw: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None  # noqa: S101 # for the type checker
        deadline = time.monotonic() + self.seconds
        process.stdin.write(len(raw).to_bytes(8))
        process.stdin.write(raw)
        process.stdin.flush()
        size = int.from_bytes(self._received(process, 8, deadline))
        return self._received(process, size, deadline)

    def _received(self, process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert process.stdout is not None  # noqa: S101 # for the type checker
        pieces, missing = [], size
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while missing:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(process.stdout.fileno(), min(missing, 1024 * 1024))
                if not piece:
                    raise EOFError
                pieces.append(piece)
                missing -= len(piece)
        return b"".join(pieces)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            self._process = None  # it is the parent's, from before a fork
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._owner = os.getpid()
            self._process = subprocess.Popen(  # this very interpreter and package
                [sys.executable, "-P", "-m", "groupware.mail.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # It needs no secrets, so it gets none.
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # what it was still to be told is lost
                    stream.close()


_reader = Reader()
atexit.register(_reader.close)


def read_safely(raw: bytes) -> Message:
    """The message in these bytes, read elsewhere and within bounds; never raises."""
    return _reader.read(raw)


def process_id() -> int:
    """The process that reads for this one: to see what it takes."""
    return _reader.process_id()
