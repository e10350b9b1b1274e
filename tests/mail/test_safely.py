"""Reading in a process of its own: bounds that hold, and nothing that spreads."""

import fcntl
import os
import signal
import subprocess
import termios
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupware.mail.reader import read
from groupware.mail.safely import Reader
from tests.mail.read import FOLDER


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(seconds=60)
    yield reader
    reader.close()


def test_it_reads_as_the_reader_does(reader: Reader) -> None:
    for path in sorted(FOLDER.glob("*.eml")):
        raw = path.read_bytes()
        assert reader.read(raw) == read(raw), path.name


def test_a_large_file_comes_through_whole(reader: Reader) -> None:
    raw = b"From: a@b.example\nContent-Type: application/x-big\n\n" + os.urandom(20_000_000)

    assert reader.read(raw).files == read(raw).files


def test_a_process_that_is_killed_is_replaced(reader: Reader) -> None:
    assert reader.read(b"Subject: one\n\nx").subject == "one"
    process = reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert reader.read(b"Subject: two\n\nx").subject == "two"


def test_a_process_that_falls_silent_is_given_up_and_replaced(reader: Reader) -> None:
    reader.read(b"Subject: one\n\nx")
    process = reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    reader.seconds = 0.2

    silent = reader.read(b"Subject: two\n\nx")

    assert not silent.readable
    assert silent.problems == ("It could not be read within 0 seconds.",)
    reader.seconds = 60
    assert reader.read(b"Subject: three\n\nx").subject == "three"


def _kill_once_asked(process: subprocess.Popen[bytes]) -> None:
    waiting = array("i", [0])  # how many bytes lie in the pipe
    while not waiting[0]:
        time.sleep(0.01)
        fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)  # type: ignore[arg-type]
    os.kill(process.pid, signal.SIGKILL)


def test_a_process_that_dies_while_reading_makes_that_mail_unreadable(reader: Reader) -> None:
    reader.read(b"Subject: one\n\nx")
    process = reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # so that it is asked before it dies
    killer = threading.Thread(target=_kill_once_asked, args=[process])
    killer.start()

    dying = reader.read(b"Subject: two\n\nx")
    killer.join()

    assert not dying.readable
    assert dying.problems == ("Reading it took more time or memory than a mail may take.",)
    assert reader.read(b"Subject: three\n\nx").subject == "three"


def test_thirty_megabytes_fit_into_its_memory(reader: Reader) -> None:
    line = b"QUJD" * 19 + b"\n"
    head = b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"

    message = reader.read(head + line * (29 * 1024 * 1024 // len(line)))

    assert message.readable
    assert message.files[0].size > 20_000_000


def test_the_process_is_bound_in_memory_and_knows_no_secrets(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUPWARE_SECRET_KEY", "not for children")
    reader.read(b"Subject: one\n\nx")
    process = reader._process
    assert process is not None
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()

    assert f"{512 * 1024 * 1024}" in limits
    assert b"GROUPWARE" not in environment
