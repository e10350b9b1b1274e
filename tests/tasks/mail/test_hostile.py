"""Hostile mails: each is a visible ticket within its time and memory, the next mail unaffected.

What counts is the processor's time, of the process that reads and of the one that files, so that a
busy machine fails nobody; and what the two hold at most, by the kernel's account.
"""

import os
import resource
import time
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from groupware.mail import safely
from groupware.mailboxes.outcome import Became
from modules.tasks.models import Task
from tests.factories import Desk
from tests.mailing import Post, mail

SECONDS, MEGABYTES = 2, 512
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1024 * 1024
ANN = "From: ann@else.example\r\n"
CRLF = "\r\n"
HOSTILE = {
    "10,000 recipients": f"{ANN}To: " + ",".join(f"p{n}@x.example" for n in range(10_000)) + "\r\n\r\nx",
    "10,000 parts": f"{ANN}Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 10_000,
    "1,000 nested": ANN + "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(1_000)
    ) + "\r\nx",
    "100,000 headers": ANN + "".join(f"X-{n}: y\r\n" for n in range(100_000)) + "\r\nx",
    "nested comments": "From: " + "(" * 100_000 + "\r\nSubject: x\r\n\r\nx",
    "20,000 parameters": f"{ANN}Content-Type: text/plain"
    + "".join(f"; p{n}=v" for n in range(20_000)) + "\r\n\r\nx",
    "deep HTML": f"{ANN}Content-Type: text/html\r\n\r\n" + "<div>" * 60_000,
    "a quote of quotes": f"{ANN}\r\n" + ">" * 40_000 + "\r\n" + "On a wrote:\r\n" * 5_000,
    "30 MB of quotes": f"{ANN}\r\n" + "> a\r\n" * (6 * MEGABYTE),
    "30 MB of empty lines": f"{ANN}\r\n" + "\n" * (30 * MEGABYTE),
    "nothing": "",
    "no bytes of text": "\x00" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_mail_is_a_ticket_and_the_next_one_too(
    post: Post, desk: Desk, session: Session, name: str
) -> None:
    post(mail(desk.customer, "Warm."))  # the reader's process starts once
    used, held = _used(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = post(HOSTILE[name].encode())
    seconds = _used() - used
    megabytes = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held + _peak(safely.process_id())
    ) / 1024
    print(f"{name}: {seconds:.2f} s, {megabytes:.0f} MB")
    assert outcome.became in (Became.TICKET, Became.UNREADABLE), outcome
    assert session.get_one(Task, outcome.ticket or 0).deleted_at is None
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    assert post(mail(desk.customer, "Next.", subject="Next")).became == Became.TICKET


def _used() -> float:
    """Seconds of the processor: this process, the reader, and readers that have died."""
    dead = resource.getrusage(resource.RUSAGE_CHILDREN)
    fields = Path(f"/proc/{safely.process_id()}/stat").read_text().rpartition(")")[2].split()
    reader = (int(fields[11]) + int(fields[12])) / TICKS
    return time.process_time() + dead.ru_utime + dead.ru_stime + reader


def _peak(process: int) -> int:
    """Kilobytes that a process has held at most."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError
