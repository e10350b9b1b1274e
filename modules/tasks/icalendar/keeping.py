"""What a client wrote is kept line by line: what is not ours, and how it said what is.

What is one person's alone, such as alarms, is kept apart and given back only to them.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from modules.tasks.icalendar import reading
from modules.tasks.icalendar.lines import (
    Component,
    Property,
    Unreadable,
    name_of,
    read_lines,
    split,
)
from modules.tasks.icalendar.times import (
    Zones,
    read_duration,
    read_when,
    vtimezone,
    zone_called,
)

OURS = frozenset(["DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"])
"""Bookkeeping: the server's, whatever a client writes."""

PERSONAL = frozenset(
    ["ACKNOWLEDGED", "X-MOZ-LASTACK", "X-MOZ-SNOOZE-TIME", "X-MOZ-GENERATION", "X-APPLE-SORT-ORDER"]
)
SOMEBODY = "X-GROUPWARE-ATTENDEE"
"""An ATTENDEE whom this desk knows is kept under this name, for its parameters alone: whether the
person has a part in the ticket is the ticket's to say."""

PERSONAL_PARTS = frozenset({"VALARM"})
TZID = re.compile(r';TZID=(?:"([^"]*)"|([^";:,]*))', re.IGNORECASE)


@dataclass(frozen=True)
class Todo:
    """A VTODO as lines (with its changed occurrences), and the zones that they name."""

    zones: Mapping[str, Sequence[str]]
    lines: Sequence[str]


@dataclass
class Kept:
    """A task's text as a client wrote it, without what is ours and what is one person's."""

    shared: list[str] = field(default_factory=list)
    personal: list[tuple[int, int, list[str]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.shared)

    @property
    def personal_text(self) -> str | None:
        return json.dumps(self.personal) if self.personal else None


def kept_of(
    tasks: Sequence[Component],
    timezones: Mapping[str, Component],
    is_ours: Callable[[Property], bool],
    personal: frozenset[str] = PERSONAL,
) -> Kept:
    """What to keep of a task and its changed occurrences; lines named `personal` are one person's."""
    kept = Kept()
    bodies: list[str] = []
    for number, task in enumerate(tasks):
        bodies.append("BEGIN:VTODO")
        entries = [
            entry for each in task.entries if not _is_ours(entry := _marked(each, is_ours), is_ours)
        ]
        for place, entry in enumerate(entries):
            lines = list(entry.lines()) if isinstance(entry, Component) else [entry]
            if _is_personal(entry, personal):
                kept.personal.append((number, place, lines))
            else:
                bodies += lines
        bodies.append("END:VTODO")
    alarms = [each for _, _, lines in kept.personal for each in lines]
    named = [tzid for tzid in _named(bodies + alarms) if tzid in timezones]
    zones = [timezones[tzid] for tzid in named if not _is_own_zone(tzid, timezones[tzid])]
    kept.shared = ["BEGIN:VCALENDAR", *(each for zone in zones for each in zone.lines())]
    kept.shared += [*bodies, "END:VCALENDAR"]
    return kept


def plain(own: Iterable[tuple[str, str]]) -> Todo:
    """A VTODO of our own lines alone."""
    lines = ["BEGIN:VTODO", *(each for _, each in own), "END:VTODO"]
    return Todo(zones_of(lines, {}), lines)


def parsed(text: str) -> tuple[list[Component], dict[str, Component]]:
    """What was kept: the task, its changed occurrences, and the zones by their TZID."""
    tasks: list[Component] = []
    timezones: dict[str, Component] = {}
    for part in read_lines(text.replace("\r\n", "\n").split("\n")):
        if isinstance(part, Component) and part.name == "VTODO":
            tasks.append(part)
        elif isinstance(part, Component) and part.name == "VTIMEZONE":
            timezones[tzid_of(part)] = part
    return tasks, timezones


def tzid_of(timezone: Component) -> str:
    """The name under which properties refer to a VTIMEZONE."""
    return next((each.value for each in timezone.properties() if each.name == "TZID"), "")


def same_personal(one: str | None, other: str | None) -> bool:
    """True where both hold the same lines, wherever they stand."""
    mine, theirs = (
        [(number, lines) for number, _, lines in json.loads(each)] if each else []
        for each in (one, other)
    )
    return mine == theirs


def with_personal(tasks: list[Component], personal: str | None) -> list[Component]:
    """The tasks with a person's own lines back in their places."""
    for number, place, lines in json.loads(personal) if personal else ():
        if number < len(tasks):
            entries = tasks[number].entries
            entries.insert(min(place, len(entries)), _entry(lines))
    return tasks


def _entry(lines: list[str]) -> str | Component:
    if len(lines) == 1:
        return lines[0]
    part = next(read_lines(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]))
    return part if isinstance(part, Component) else lines[0]


def _marked(entry: str | Component, is_ours: Callable[[Property], bool]) -> str | Component:
    """An entry, which is renamed where it names somebody whom this desk knows."""
    if isinstance(entry, str) and name_of(entry) == "ATTENDEE" and _is_ours(entry, is_ours):
        return SOMEBODY + entry[len("ATTENDEE") :]
    return entry


def _is_ours(entry: str | Component, is_ours: Callable[[Property], bool]) -> bool:
    if isinstance(entry, Component):
        return False
    name = name_of(entry)
    if name == SOMEBODY:
        return False
    if name in OURS or name.startswith("X-GROUPWARE-"):
        return True
    try:
        return is_ours(split(entry)) or not _readable(split(entry))
    except Unreadable:
        return True  # a line that nobody can read is left out


def _readable(property_: Property) -> bool:
    """False for a line of ours that says nothing, such as a DUE that is no date."""
    check = _CHECKS.get(property_.name)
    try:
        if check:
            check(property_)
    except Unreadable:
        return False
    return True


_NOWHERE = Zones(ZoneInfo("UTC"), {})
_CHECKS: Mapping[str, Callable[[Property], object]] = {
    "STATUS": reading.read_status,
    "PERCENT-COMPLETE": lambda each: reading.read_number(each, 100),
    "PRIORITY": lambda each: reading.read_number(each, 9),
    "COMPLETED": lambda each: read_when(each, _NOWHERE, ends=False),
    "DUE": lambda each: read_when(each, _NOWHERE, ends=True),
    "DTSTART": lambda each: read_when(each, _NOWHERE, ends=False),
    "DURATION": read_duration,
}


def _is_personal(entry: str | Component, names: frozenset[str]) -> bool:
    if isinstance(entry, Component):
        return entry.name in PERSONAL_PARTS
    return name_of(entry) in names


def _is_own_zone(tzid: str, zone: Component) -> bool:
    return zone_called(tzid) is not None and list(zone.lines()) == list(vtimezone(tzid))


def _named(lines: Iterable[str]) -> list[str]:
    """The TZIDs that lines name, each once."""
    found = (
        TZID.search(head + ":") or TZID.search(each)
        for each in lines
        if ";" in (head := each.partition(":")[0])
    )
    return list(dict.fromkeys(each[1] or each[2] or "" for each in found if each))


def zones_of(lines: Sequence[str], kept: Mapping[str, Component]) -> dict[str, Sequence[str]]:
    zones: dict[str, Sequence[str]] = {}
    for tzid in _named(lines):
        if tzid in kept:
            zones[tzid] = list(kept[tzid].lines())
        elif zone_called(tzid):
            zones[tzid] = vtimezone(tzid)
    return zones
