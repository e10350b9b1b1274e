"""Repeated tasks: whether they occur in a time, and as what (RFC 4791, 9.6.5 and 9.9)."""

from datetime import UTC, date, datetime, time
from typing import Any

import recurring_ical_events
from icalendar import Calendar, vDDDTypes

from modules.tasks.dav.filters import LONGEST, TimeRange

MOST = 1000
"""Occurrences of a task that are told at once."""

RULES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
TIMES = ("DTSTART", "DUE", "RECURRENCE-ID")


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
    moments: list[datetime] = []
    for task in calendar.walk("VTODO"):
        for name in ("DTSTART", "DUE"):
            at = getattr(task.get(name), "dt", None)
            if isinstance(at, datetime):
                moments.append(at if at.tzinfo else at.replace(tzinfo=UTC))
            elif isinstance(at, date):
                moments.append(datetime.combine(at, time(0), UTC))
    return min(moments, default=None)
