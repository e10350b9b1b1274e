"""A component becomes a frozen Vtodo: past this file nobody sees raw properties."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from groupware.text import cleaned, one_line
from modules.tasks.icalendar.lines import Component, Property, Unreadable
from modules.tasks.icalendar.status import Triple
from modules.tasks.icalendar.times import When, Zones, read_duration, read_when, same
from modules.tasks.models import Status

T = TypeVar("T")

LONGEST_UID = 255
MOST_COUNT = 1000
MOST_TIMES = 24
DOERS = ("REQ-PARTICIPANT", "CHAIR")
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}


@dataclass(frozen=True)
class Attendee:
    """Somebody who is named in a task."""

    address: str
    role: str
    declined: bool = False

    @property
    def wanted(self) -> bool:
        """True for whoever is asked to do it."""
        return self.role in DOERS and not self.declined


@dataclass(frozen=True)
class Vtodo:
    """A task as a client wrote it, in our terms."""

    uid: str
    summary: str
    description: str
    triple: Triple
    priority: int
    start: When | None
    due: When | None
    location: str
    categories: tuple[str, ...]
    attendees: tuple[Attendee, ...]
    problems: tuple[str, ...]


def read_vtodo(component: Component, zones: Zones) -> Vtodo:
    """The task that a VTODO is; raises Unreadable with the reason where it is none.

    A property that cannot be read is a problem, and counts as absent.
    """
    found: dict[str, Property] = {}
    for each in component.properties():
        found.setdefault(each.name, each)
        if each.name == "RRULE":
            check_recurrence(each)
    uid = found["UID"].text.strip() if "UID" in found else ""
    if not uid or len(uid) > LONGEST_UID:
        raise Unreadable("it has no UID" if not uid else "its UID is too long")
    summary = read_subject(found["SUMMARY"]) if "SUMMARY" in found else ""
    if not summary:
        raise Unreadable("it has no SUMMARY")
    problems: list[str] = []

    def tried(name: str, read: Callable[[Property], T]) -> T | None:
        try:
            return read(found[name]) if name in found else None
        except Unreadable as problem:
            problems.append(f"{problem}: left out")
            return None

    start = tried("DTSTART", lambda each: read_when(each, zones, ends=False))
    due = tried("DUE", lambda each: read_when(each, zones, ends=True))
    if due is None and start is not None and (length := tried("DURATION", read_duration)):
        due = after(start, length)
    if start and due and (start.at > due.at or is_no_start(start, due)):
        start = None
    return Vtodo(
        uid=uid,
        summary=summary,
        description=tried("DESCRIPTION", read_details) or "",
        triple=Triple(
            tried("STATUS", read_status),
            tried("COMPLETED", lambda each: read_when(each, zones, ends=False).at),
            tried("PERCENT-COMPLETE", lambda each: read_number(each, 100)),
        ),
        priority=tried("PRIORITY", lambda each: read_number(each, 9)) or 0,
        start=start,
        due=due,
        location=tried("LOCATION", read_subject) or "",
        categories=tuple(
            name
            for each in component.properties()
            if each.name == "CATEGORIES"
            for name in category_names(each)
        ),
        attendees=tuple(
            read_attendee(each) for each in component.properties() if each.name == "ATTENDEE"
        ),
        problems=tuple(problems),
    )


def read_subject(property_: Property) -> str:
    """A text on one line."""
    return one_line(property_.text)


def read_details(property_: Property) -> str:
    """A text of several lines."""
    return cleaned(property_.text).strip()


def read_status(property_: Property) -> Status:
    """A STATUS, in either case; words that other components have are none."""
    try:
        return Status(property_.value.strip().upper())
    except ValueError as error:
        raise Unreadable("STATUS is none of a task's") from error


def read_number(property_: Property, most: int) -> int:
    """A whole number from 0."""
    value = property_.value.strip()
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > most:
        raise Unreadable(f"{property_.name} is no number from 0 to {most}")
    return int(value)


def read_attendee(property_: Property) -> Attendee:
    """Whom an ATTENDEE names, by the address alone."""
    address = re.sub(r"(?i)^mailto:", "", property_.value.strip())
    return Attendee(
        address.casefold(),
        property_.parameter("ROLE").upper() or "REQ-PARTICIPANT",
        property_.parameter("PARTSTAT").upper() == "DECLINED",
    )


def category_names(property_: Property) -> tuple[str, ...]:
    """The names that a CATEGORIES lists, split at commas that are not escaped."""
    parts = re.findall(r"(?:[^\\,]|\\.)+", property_.value)
    names = (one_line(Property("X", property_.parameters, part).text) for part in parts)
    return tuple(name for name in names if name)


def check_recurrence(property_: Property) -> None:
    """Refuse a rule that is expanded without end, or beyond reason (RFC 5545, 3.3.10)."""
    rule = dict(part.split("=", 1) for part in property_.value.upper().split(";") if "=" in part)
    if rule.get("FREQ") not in FREQUENCIES:
        raise Unreadable("its RRULE has no FREQ, or one that is more often than daily")
    times = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= rule.get(part, "").count(",") + 1
    if times > MOST_TIMES:
        raise Unreadable("its RRULE has too many times a day")
    numbers: Mapping[str, tuple[str, int]] = {
        "INTERVAL": (rule.get("INTERVAL", "1"), 10_000),
        "COUNT": (rule.get("COUNT", "1"), MOST_COUNT),
    }
    for name, (value, most) in numbers.items():
        if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
            raise Unreadable(f"its RRULE has an {name} that is not from 1 to {most}")


def after(start: When, length: object) -> When | None:
    """A DUE that is told by DTSTART and DURATION."""
    try:
        at: datetime = start.at + length  # type: ignore[operator]
    except OverflowError:
        return None
    return When(at, start.is_date, start.zone)


def is_no_start(start: When, due: When) -> bool:
    """True for a DTSTART that only repeats DUE, as Apple's clients write it."""
    return same(start, due)
