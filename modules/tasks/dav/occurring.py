"""Repeated tasks: whether they occur in a time, and as what (RFC 4791, 9.6.5, 9.6.6 and 9.9)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar, vDDDTypes

from modules.tasks.dav.filters import LONGEST, TimeRange

MOST = 1000
"""Occurrences of a task that are told at once."""

RULES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
TIMES = ("DTSTART", "DUE", "RECURRENCE-ID")
NO_TIME = timedelta(0)
WRITTEN = re.compile(rb"(?ms)^BEGIN:VTODO\r$.*?^END:VTODO\r\n")
"""A task as it stands in a calendar."""


def occurs(text: bytes, asked: TimeRange) -> bool:
    """True where an occurrence lies in the time: looked for within ten years."""
    return bool(_found(Calendar.from_ical(text), asked))


def expanded(text: bytes, asked: TimeRange) -> bytes:
    """A repeated task as its occurrences in a time, each by itself and in UTC; others as they are."""
    if b"\nRRULE" not in text and b"\nRDATE" not in text:
        return text
    calendar = Calendar.from_ical(text)
    # Time zones have such lines, too.
    repeats = any("RRULE" in task or "RDATE" in task for task in calendar.walk("VTODO"))
    if not repeats or not (found := _found(calendar, asked)):
        return text
    said = ("VERSION", "PRODID", "CALSCALE")
    told = Calendar({name: calendar[name] for name in said if name in calendar})
    for each in found[:MOST]:
        for name in RULES:
            each.pop(name, None)
        for name in TIMES:
            at = getattr(each.get(name), "dt", None)
            if isinstance(at, datetime) and at.tzinfo:
                each[name] = vDDDTypes(at.astimezone(UTC))
        told.add_component(each)
    return bytes(told.to_ical())


def limited(text: bytes, asked: TimeRange) -> bytes:
    """A repeated task with those changed occurrences that lie in a time, or lay there before."""
    if b"\nRECURRENCE-ID" not in text:
        return text
    tasks = Calendar.from_ical(text).walk("VTODO")
    usual = max((_span(each)[1] for each in tasks if "RECURRENCE-ID" not in each), default=NO_TIME)
    wanted = iter([_touches(each, usual, asked) for each in tasks])
    return WRITTEN.sub(lambda task: task[0] if next(wanted) else b"", text)


def _touches(task: Any, usual: timedelta, asked: TimeRange) -> bool:
    """True for a changed occurrence within a time, and for what is said of more than one."""
    was = _moment(task, "RECURRENCE-ID")
    if was is None or "RANGE" in task["RECURRENCE-ID"].params:
        return True
    begins, length = _span(task)
    return any(
        at < asked.end and (at >= asked.start or at + long > asked.start)
        for at, long in ((begins or was, length), (was, usual))
    )


def _span(task: Any) -> tuple[datetime | None, timedelta]:
    """When a task begins, and how long it takes."""
    begins, due = _moment(task, "DTSTART"), _moment(task, "DUE")
    length = getattr(task.get("DURATION"), "dt", None)
    if begins and due:
        length = due - begins
    return begins or due, length if isinstance(length, timedelta) else NO_TIME


def _found(calendar: Any, asked: TimeRange) -> list[Any]:
    for task in calendar.walk("VTODO"):
        if "DTSTART" not in task and "DUE" not in task:
            return []
    first = _first(calendar)
    start = max(asked.start, first) if first else asked.start
    end = min(asked.end, start + LONGEST)
    if start >= end:
        return []
    try:
        found = recurring_ical_events.of(calendar, components=["VTODO"], skip_bad_series=True)
        return list(found.between(start, end))
    except (ValueError, OverflowError, TypeError, KeyError):
        return []  # a rule that cannot be followed leads nowhere


def _first(calendar: Any) -> datetime | None:
    """When the first of a task's occurrences begins."""
    moments = [
        at
        for task in calendar.walk("VTODO")
        for name in ("DTSTART", "DUE")
        if (at := _moment(task, name))
    ]
    return min(moments, default=None)


def _moment(task: Any, name: str) -> datetime | None:
    at = getattr(task.get(name), "dt", None)
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.combine(at, time(0), UTC) if isinstance(at, date) else None
