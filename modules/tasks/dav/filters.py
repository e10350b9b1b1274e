"""calendar-query (RFC 4791, 9.7): a filter, read from XML, held against what the reader is shown.

What the table of tickets can answer alone is asked there: which are open, which lie in a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Union
from zoneinfo import ZoneInfo

from icalendar.prop import vDDDTypes

from modules.tasks.dav.answers import refused
from modules.tasks.dav.markup import Element, c, children, text_of
from modules.tasks.icalendar.lines import Component, Property, Unreadable, split
from modules.tasks.icalendar.times import Zones, read_duration, read_when
from modules.tasks.models import Status

MOST_CONDITIONS = 50
COLLATIONS = ("", "default", "i;ascii-casemap", "i;unicode-casemap", "i;octet")


@dataclass(frozen=True)
class TimeRange:
    """From `start` on, before `end`; either may be open."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class TextMatch:
    """A text that is, or is not, within another."""

    text: str
    negated: bool = False
    exactly: bool = False  # upper and lower case differ

    def holds(self, value: str) -> bool:
        if self.exactly:
            return (self.text in value) != self.negated
        return (self.text.casefold() in value.casefold()) != self.negated


@dataclass(frozen=True)
class OfParameter:
    """What is asked of a parameter."""

    name: str
    absent: bool = False
    text: TextMatch | None = None


@dataclass(frozen=True)
class OfProperty:
    """What is asked of a property."""

    name: str
    absent: bool = False
    time: TimeRange | None = None
    text: TextMatch | None = None
    parameters: tuple[OfParameter, ...] = ()


@dataclass(frozen=True)
class OfComponent:
    """What is asked of a component."""

    name: str
    absent: bool = False
    time: TimeRange | None = None
    inside: tuple[Union["OfComponent", OfProperty], ...] = ()


def read_filter(element: Element | None) -> OfComponent:
    """The condition on VCALENDAR that a filter is; refuses what is none."""
    roots = [each for each in children(element) if each.tag == c("comp-filter")]
    if len(roots) != 1 or roots[0].get("name", "").upper() != "VCALENDAR":
        raise _invalid("A filter has one comp-filter, for VCALENDAR.")
    if sum(1 for _ in roots[0].iter()) > MOST_CONDITIONS:
        raise _invalid(f"At most {MOST_CONDITIONS} conditions.")
    return _component(roots[0])


def task_condition(root: OfComponent) -> OfComponent | None:
    """What is asked of VTODO; an empty condition where nothing is, None where no task meets it."""
    if root.absent or root.time:
        return None
    asked = OfComponent("VTODO")
    for each in root.inside:
        if isinstance(each, OfProperty):
            if not _property_holds(each, _CALENDAR):
                return None
        elif each.name == "VTODO":
            if each.absent:
                return None
            asked = OfComponent(
                "VTODO", time=each.time or asked.time, inside=(*asked.inside, *each.inside)
            )
        elif not each.absent and each.name != "VTIMEZONE":
            return None
    return asked


def statuses_meant(asked: OfProperty) -> list[Status] | None:
    """Those of the statuses that a condition on STATUS lets through; None for other conditions."""
    if asked.name != "STATUS" or asked.time or asked.parameters:
        return None
    if asked.absent:
        return []
    text = asked.text
    return [each for each in Status if text is None or text.holds(each.value)]


def holds(asked: OfComponent, task: Component) -> bool:
    """True where a task meets what is asked of VTODO, times excepted."""
    return all(
        _property_holds(each, task) if isinstance(each, OfProperty) else _part_holds(each, task)
        for each in asked.inside
    )


def _part_holds(asked: OfComponent, parent: Component) -> bool:
    parts = list(parent.parts(asked.name))
    if asked.absent:
        return not parts
    return any(holds(asked, part) for part in parts)


def _property_holds(asked: OfProperty, component: Component) -> bool:
    found = [each for each in _properties(component) if each.name == asked.name]
    if asked.absent:
        return not found
    return any(
        (asked.text is None or asked.text.holds(each.text))
        and (asked.time is None or _in_time(asked.time, each))
        and all(_parameter_holds(one, each) for one in asked.parameters)
        for each in found
    )


def _properties(component: Component) -> Iterator[Property]:
    for entry in component.entries:
        if isinstance(entry, str):
            try:
                yield split(entry)
            except Unreadable:
                continue


def _parameter_holds(asked: OfParameter, property_: Property) -> bool:
    if asked.absent:
        return asked.name not in property_.parameters
    if asked.name not in property_.parameters:
        return False
    return asked.text is None or asked.text.holds(property_.parameter(asked.name))


def _in_time(asked: TimeRange, property_: Property) -> bool:
    try:
        at = read_when(property_, Zones(_UTC, {}), ends=False).at
    except Unreadable:
        return False
    return asked.start <= at < asked.end


def times_hold(  # noqa: PLR0911  # a row each
    asked: TimeRange, task: Component, zones: Zones
) -> bool:
    """The eight rows of RFC 4791's table for VTODO (9.9), on what the reader is shown."""
    at: dict[str, datetime] = {}
    for each in _properties(task):
        try:
            if each.name in ("DTSTART", "DUE", "COMPLETED", "CREATED"):
                at.setdefault(each.name, read_when(each, zones, ends=False).at)
            elif each.name == "DURATION":
                length = read_duration(each)
                at.setdefault("ENDS", at.get("DTSTART", datetime.min.replace(tzinfo=UTC)) + length)
        except (Unreadable, OverflowError):
            continue
    begins, due = at.get("DTSTART"), at.get("DUE")
    completed, created = at.get("COMPLETED"), at.get("CREATED")
    start, end = asked.start, asked.end
    if begins and (ends := at.get("ENDS")):
        return start <= ends and (end > begins or end >= ends)
    if begins and due:
        return (start < due or start <= begins) and (end > begins or end >= due)
    if begins:
        return start <= begins and end > begins
    if due:
        return start < due and end >= due
    if completed and created:
        return (start <= created or start <= completed) and (end >= created or end >= completed)
    if completed:
        return start <= completed <= end
    return created is None or end > created


def read_range(element: Element) -> TimeRange:
    """A time-range; refuses what is no time in UTC."""

    def moment(name: str, otherwise: datetime) -> datetime:
        written = element.get(name)
        if written is None:
            return otherwise
        try:
            at = vDDDTypes.from_ical(written)
        except (ValueError, OverflowError) as problem:
            raise _invalid(f"{name} is no time.") from problem
        if not isinstance(at, datetime) or not written.endswith("Z"):
            raise _invalid(f"{name} is no time in UTC.")
        return at.replace(tzinfo=UTC)

    if element.get("start") is None and element.get("end") is None:
        raise _invalid("A time-range has a start or an end.")
    found = TimeRange(moment("start", EARLIEST), moment("end", LATEST))
    if found.start >= found.end:
        raise _invalid("A time-range ends after its start.")
    return found


EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
LONGEST = timedelta(days=3660)
"""How far ahead repeated tasks are looked for."""


def _component(element: Element) -> OfComponent:
    inside: list[OfComponent | OfProperty] = []
    time, absent = None, False
    for each in children(element):
        if each.tag == c("is-not-defined"):
            absent = True
        elif each.tag == c("time-range"):
            time = read_range(each)
        elif each.tag == c("comp-filter"):
            inside.append(_component(each))
        elif each.tag == c("prop-filter"):
            inside.append(_property(each))
        else:
            raise _unsupported("This is no filter that is known here.")
    return OfComponent(_name(element), absent, time, tuple(inside))


def _property(element: Element) -> OfProperty:
    parameters: list[OfParameter] = []
    time, text, absent = None, None, False
    for each in children(element):
        if each.tag == c("is-not-defined"):
            absent = True
        elif each.tag == c("time-range"):
            time = read_range(each)
        elif each.tag == c("text-match"):
            text = _text(each)
        elif each.tag == c("param-filter"):
            parameters.append(_parameter(each))
        else:
            raise _unsupported("This is no filter that is known here.")
    return OfProperty(_name(element), absent, time, text, tuple(parameters))


def _parameter(element: Element) -> OfParameter:
    asked = OfParameter(_name(element))
    for each in children(element):
        if each.tag == c("is-not-defined"):
            asked = OfParameter(asked.name, absent=True)
        elif each.tag == c("text-match"):
            asked = OfParameter(asked.name, text=_text(each))
    return asked


def _text(element: Element) -> TextMatch:
    collation = element.get("collation", "")
    if collation not in COLLATIONS:
        raise refused(403, "<c:supported-collation/>", reason="This collation is not known here.")
    negated = element.get("negate-condition", "no") == "yes"
    return TextMatch(text_of(element)[:1000], negated, collation == "i;octet")


def _name(element: Element) -> str:
    name = str(element.get("name", ""))
    if not name:
        raise _invalid("A filter names what it is for.")
    return name.upper()


def _invalid(reason: str) -> Exception:
    return refused(403, "<c:valid-filter/>", reason=reason)


def _unsupported(reason: str) -> Exception:
    return refused(403, "<c:supported-filter/>", reason=reason)


_CALENDAR = Component("VCALENDAR", ["VERSION:2.0", "CALSCALE:GREGORIAN"])
_UTC = ZoneInfo("UTC")
