"""A calendar file (iCalendar): each of its tasks becomes a ticket, or changes that of its UID."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import User
from modules.support.importing.making import Tried, taken_back
from modules.tasks.icalendar.importing import Became, Outcome, Source, bring_in, sources, value_of
from modules.tasks.icalendar.keeping import parsed
from modules.tasks.icalendar.lines import Unreadable
from modules.tasks.letters.telling import unwritten
from modules.tasks.models import TaskList

LARGEST = 50 * 1024 * 1024
BEGINS = b"BEGIN:VCALENDAR"

Row = tuple[int, dict[str, str], str]
"""A number, what the task says, and the key by which it is known again."""


def is_calendar(stream: BinaryIO) -> bool:
    """True for a file that begins as a calendar does; it is read from its beginning afterwards."""
    head = stream.read(64)
    stream.seek(0)
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[: len(BEGINS)].upper() == BEGINS


def read(stream: BinaryIO, task_list_id: int) -> Iterator[Row]:
    """The tasks of a file, one after the other; raises Invalid where it is none at all."""
    try:
        for number, part in enumerate(sources(stream), 1):
            said = _said(part)
            whole = json.dumps([task_list_id, "uid", said.pop("uid"), number])
            yield number, said, hashlib.sha256(whole.encode()).hexdigest()
    except Unreadable as problem:
        raise Invalid(attachments=str(problem)) from problem


@contextmanager
def spooled(rows: Iterable[Row]) -> Iterator[Iterator[Row]]:
    """The same rows, read to their end at once but kept on the disk."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.seek(0)
        yield ((number, said, key) for number, said, key in map(json.loads, file))


def counted(stream: BinaryIO) -> int:
    """About how many tasks a file has."""
    found = sum(line[:11].upper() == b"BEGIN:VTODO" for line in stream)
    stream.seek(0)
    return found


def tried(
    session: Session,
    actor: User,
    task_list: TaskList,
    rows: Iterable[Row],
    *,
    most: int,
    now: datetime,
    base_url: str,
) -> list[tuple[Tried, Became]]:
    """What would become of the first tasks: each is really taken, and taken back at once."""
    found = []
    for number, said, _ in islice(rows, most):
        with taken_back(session):
            outcome = take(session, actor, task_list, said, now=now, base_url=base_url)
        found.append((Tried(number, said, outcome.why), outcome.became))
    return found


def take(
    session: Session,
    actor: User,
    task_list: TaskList,
    said: Mapping[str, str],
    *,
    now: datetime,
    base_url: str,
) -> Outcome:
    """What became of one task; nobody gets a letter."""
    if "calendar" not in said:
        return Outcome(Became.SKIPPED, "", why=said.get("refused", ""))
    (task, *occurrences), timezones = parsed(said["calendar"])
    source = Source(task, occurrences, timezones)
    with unwritten(session):
        return bring_in(session, actor, task_list, source, now=now, base_url=base_url)


def _said(part: Source | Outcome) -> dict[str, str]:
    if isinstance(part, Outcome):
        return {"uid": part.uid, "subject": part.summary, "refused": part.why}
    tasks = [part.task, *part.occurrences]
    body = "\n".join(line for task in tasks for line in task.lines())
    zones = [zone for tzid, zone in part.timezones.items() if tzid in body]
    lines = ["BEGIN:VCALENDAR", *(line for zone in zones for line in zone.lines()), body]
    return {
        "uid": value_of(part.task, "UID"),
        "subject": value_of(part.task, "SUMMARY"),
        "calendar": "\n".join([*lines, "END:VCALENDAR"]),
    }
