"""Mail into tickets: a Maildir of made mails through `groupware mail ingest`, on an idle desk and on
one whose pages are asked for meanwhile."""

import json
import random
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path

from bench.acts import Act, Visitor
from bench.desk import GROUPWARE, Desk
from groupware.database import utc_now

MAILS = 2_000
MEAN = 9 * 1024
OTHERS = "django-helpdesk 22-49, osTicket 28, Roundup 10, Request Tracker 4 (mails of 2.4 kB)"
"""The best of their ways to take mail in, measured side by side on such a machine."""

WORDS = (
    *("again", "cable", "calendar", "contract", "error", "file", "invoice", "laptop", "letter"),
    *("morning", "network", "note", "order", "page", "password", "please", "printer", "queue"),
    *("save", "screen", "session", "since", "team", "window"),
)


@dataclass(frozen=True)
class Taken:
    """What taking them in took; `pages` are the milliseconds of the pages asked for meanwhile."""

    mails: int
    kilobytes: float
    seconds: float
    cpu: float
    pages: tuple[float, ...] = ()

    def __str__(self) -> str:
        said = (
            f"{self.mails:,} mails of {self.kilobytes / self.mails:.1f} kB from a Maildir: "
            f"{self.mails / self.seconds:.0f} a second, CPU {self.cpu / self.mails * 1000:.1f} ms each"
        )
        if self.pages:
            p95 = statistics.quantiles(self.pages, n=20)[-1]
            said += f"; queue meanwhile p50 {statistics.median(self.pages):.1f}, p95 {p95:.1f} ms"
        return said


def taken_in(place: Desk, queue: Act, mails: int) -> list[str]:
    """Take a Maildir in by itself, then another one while an agent looks at the queue."""
    if not mails:
        return []
    taken = [_taken(place, 1, mails, None), _taken(place, 2, mails, queue)]
    return [*map(str, taken), f"  others, mails a second: {OTHERS}"]


def _taken(place: Desk, seed: int, mails: int, queue: Act | None) -> Taken:
    with tempfile.TemporaryDirectory(prefix="bench-mail") as folder:
        size = make(Path(folder), seed, mails)
        visitor = Visitor(place.port, queue.who) if queue else None
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        command = [*GROUPWARE, "mail", "ingest", "--mailbox", "Support", "--format", "maildir"]
        with (Path(folder) / "told").open("w+b") as told:
            ingest = subprocess.Popen(
                [*command, folder], env=place.environment(), stdout=told, stderr=subprocess.DEVNULL
            )
            pages = []
            while visitor and queue and ingest.poll() is None:
                asked = time.perf_counter()
                visitor.do(queue)
                pages.append((time.perf_counter() - asked) * 1000)
                time.sleep(0.05)
            assert ingest.wait() == 0
            seconds = time.perf_counter() - began
            told.seek(0)
            became = [json.loads(line)["outcome"] for line in told]
        assert became == ["ticket"] * mails, set(became)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Taken(mails, size / 1024, seconds, cpu, tuple(pages))


def make(folder: Path, seed: int, mails: int) -> int:
    """Fill a Maildir with mails that differ in kind and length; the bytes they have together."""
    chance = random.Random(seed)  # noqa: S311  # only to be varied
    (folder / "new").mkdir()
    size = 0
    for number in range(mails):
        raw = _mail(chance, f"{seed}.{number}").as_bytes()
        size += len(raw)
        (folder / "new" / f"{number:06d}.bench").write_bytes(raw)
    return size


def _mail(chance: random.Random, name: str) -> EmailMessage:
    """Half are plain text; the others bring HTML beside it, or a file."""
    mail, kind = EmailMessage(), chance.choice(["text", "text", "html", "file"])
    length = round(MEAN * 0.93 * chance.lognormvariate(-0.125, 0.5))
    mail["From"] = f"Person {name} <p{name}@outside.example>"
    mail["To"] = "support@maple.example"
    mail["Subject"] = " ".join(chance.choices(WORDS, k=5)) + f" {name}"
    mail["Message-ID"] = f"<{name}@outside.example>"
    mail["Date"] = format_datetime(utc_now())
    for hop in range(4):
        mail["Received"] = f"from mx{hop}.example by mx{hop + 1}.example; {mail['Date']}"
    if kind == "text":
        mail.set_content(_text(chance, length))
    elif kind == "html":
        text = _text(chance, length // 2)
        mail.set_content(text)
        lines = "".join(f"<p>{line}</p>\n" for line in text.splitlines())
        mail.add_alternative(f"<html><body>{lines}</body></html>", subtype="html")
    else:
        mail.set_content(_text(chance, length // 4))
        mail.add_attachment(
            chance.randbytes(length // 2), maintype="application", subtype="pdf", filename="a.pdf"
        )
    return mail


def _text(chance: random.Random, length: int) -> str:
    """So many letters in lines and paragraphs, the last third quoted."""
    lines: list[str] = []
    written = 0
    for number in count():
        line = " ".join(chance.choices(WORDS, k=11))
        if written > length * 2 // 3:
            line = f"> {line}"
        elif number % 7 == 6:
            line = ""
        lines.append(line)
        written += len(line) + 1
        if written >= length:
            return "\n".join(lines)
    raise AssertionError
