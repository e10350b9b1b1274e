"""What is ours is laid over what a client wrote.

A kept line of ours (SUMMARY, DUE ...) goes out as it was written while it says what the ticket
says: with its parameters, in its place. Otherwise our own line takes its place. What is not ours
goes out always.
"""

from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline
from icalendar.prop import vText

from modules.tasks.icalendar import reading
from modules.tasks.icalendar.facts import Facts
from modules.tasks.icalendar.keeping import SOMEBODY, Todo, parsed, plain, with_personal, zones_of
from modules.tasks.icalendar.lines import Component, Property, line, split
from modules.tasks.icalendar.times import (
    Zones,
    locations_of,
    read_duration,
    read_when,
    same,
    zone_called,
)
from modules.tasks.models import Urgency


def laid_over(facts: Facts, own: Iterable[tuple[str, str]]) -> Todo:
    """Our own lines, laid over what a client wrote."""
    if not facts.kept and not facts.personal:
        return plain(own)
    tasks, timezones = parsed(facts.kept) if facts.kept else ([Component("VTODO")], {})
    tasks = with_personal(tasks, facts.personal)
    lines = _Layer(facts, own, timezones).lines(tasks[0])
    lines += [each for changed in tasks[1:] for each in changed.lines()]
    return Todo(zones_of(lines, timezones), lines)


def with_ours(kept: Property, ours: Property) -> str:
    """An ATTENDEE as it was kept, where what we say ourselves of the person takes precedence."""
    given = kept.parameters.copy()
    for name, value in ours.parameters.items():
        if kept.parameter(name) != ours.parameter(name):
            given[name] = value
    return str(Contentline.from_parts("ATTENDEE", given, kept.value, sorted=False))


def says_more(kept: str, given: Iterable[str]) -> bool:
    """True where a kept ATTENDEE has parameters that the lines which go out do not give."""
    said = split(kept)
    address = reading.read_attendee(said).address
    for each in given:
        if not each.startswith("ATTENDEE"):
            continue
        ours = split(each)
        if reading.read_attendee(ours).address == address:
            return dict(split(with_ours(said, ours)).parameters) != dict(ours.parameters)
    return False


class _Layer:
    """Puts one task's own lines over the kept ones."""

    def __init__(
        self, facts: Facts, own: Iterable[tuple[str, str]], timezones: Mapping[str, Component]
    ) -> None:
        self.facts = facts
        self.own: dict[str, list[str]] = {}
        for name, text in own:
            self.own.setdefault(name, []).append(text)
        said = facts.due or facts.start
        home = (zone_called(said.zone or "") if said else None) or ZoneInfo("UTC")
        self.zones = Zones(home, locations_of(timezones))
        self.seen: set[str] = set()
        self.task = Component("VTODO")

    def lines(self, task: Component) -> list[str]:
        self.task = task
        said: list[str] = []
        nested: list[str] = []
        for entry in task.entries:
            if isinstance(entry, Component):
                nested += entry.lines()
            else:
                said += self.placed(entry)
        rest = [each for lines in self.own.values() for each in lines]
        return ["BEGIN:VTODO", *said, *rest, *nested, "END:VTODO"]

    def placed(self, entry: str) -> list[str]:
        """What stands in the place of a kept line."""
        name = entry.partition(":")[0]
        if name in SAYS and name not in self.seen and self.own.get(name) == [entry]:
            self.seen.add(name)  # to the letter what we say
            return self.own.pop(name)
        property_ = split(entry)
        if property_.name in SAYS:
            return self.ours(entry, property_)
        if property_.name in SEVERAL:
            return SEVERAL[property_.name](self, entry, property_)
        return [entry]

    def ours(self, entry: str, property_: Property) -> list[str]:
        """A line that we own: as it was while it holds, else ours, else none."""
        name = property_.name
        if name in self.seen:
            return []
        self.seen.add(name)
        instead = self.own.pop(name, [])
        if not SAYS[name](self, property_):
            return instead
        if name == "DURATION":
            self.own.pop("DUE", None)
        return [entry]

    def attendee(self, entry: str, property_: Property) -> list[str]:
        """People whom we name ourselves are not named twice."""
        known = {person.address.casefold() for person in self.facts.people}
        return [] if reading.read_attendee(property_).address in known else [entry]

    def somebody(self, _entry: str, property_: Property) -> list[str]:
        """A person with a part in the ticket, with what the client says of them beside ours."""
        address = reading.read_attendee(property_).address
        mine = self.own.get("ATTENDEE", [])
        for ours in mine:
            said = split(ours)
            if reading.read_attendee(said).address == address:
                self.own["ATTENDEE"] = [each for each in mine if each is not ours]
                return [with_ours(property_, said)]
        return []

    def related(self, entry: str, property_: Property) -> list[str]:
        """What the client relates already is not related by us as well."""
        uid = f":{property_.value}"
        mine = self.own.get("RELATED-TO", [])
        self.own["RELATED-TO"] = [each for each in mine if not each.endswith(uid)]
        return [entry]

    def url(self, entry: str, _property: Property) -> list[str]:
        """There is one URL at most, and it came with the task."""
        self.own.pop("URL", None)
        return [entry]

    def categories(self, entry: str, property_: Property) -> list[str]:
        """A line with those that the ticket still has, and those that are unknown here."""
        names = reading.category_names(property_)
        has, known = set(self.facts.categories), self.facts.known_categories
        stay = [name for name in names if name in has or name not in known]
        mine = {
            f"CATEGORIES:{vText(name).to_ical().decode()}": name for name in self.facts.categories
        }
        self.own["CATEGORIES"] = [
            each for each in self.own.get("CATEGORIES", []) if mine.get(each) not in stay
        ]
        if len(stay) == len(names):
            return [entry]
        return [line("CATEGORIES", vText(name)) for name in stay]

    def says_due(self, property_: Property) -> bool:
        due = self.facts.due
        return due is not None and same(read_when(property_, self.zones, ends=True), due)

    def says_start(self, property_: Property) -> bool:
        start = read_when(property_, self.zones, ends=False)
        if self.facts.start is not None:
            return same(start, self.facts.start)
        return self.facts.due is not None and reading.is_no_start(start, self.facts.due)

    def says_length(self, property_: Property) -> bool:
        begins = next((each for each in self.task.properties() if each.name == "DTSTART"), None)
        if begins is None or self.facts.due is None:
            return False
        start = read_when(begins, self.zones, ends=False)
        due = reading.after(start, read_duration(property_))
        return due is not None and same(due, self.facts.due)

    def says_completed(self, property_: Property) -> bool:
        at = self.facts.completed
        said = read_when(property_, self.zones, ends=False).at
        return at is not None and said.replace(microsecond=0) == at.replace(microsecond=0)


SAYS: Mapping[str, Callable[[_Layer, Property], bool]] = {
    "UID": lambda layer, each: each.text.strip() == layer.facts.uid,
    "SUMMARY": lambda layer, each: reading.read_subject(each) == layer.facts.summary,
    "DESCRIPTION": lambda layer, each: reading.read_details(each) == layer.facts.description,
    "STATUS": lambda layer, each: reading.read_status(each) == layer.facts.status,
    "PERCENT-COMPLETE": lambda layer, each: reading.read_number(each, 100) == layer.facts.percent,
    # Staying in its band changes nothing, for clients that know three levels only.
    "PRIORITY": lambda layer, each: (
        Urgency.of(reading.read_number(each, 9)) == Urgency.of(layer.facts.priority)
    ),
    "LOCATION": lambda layer, each: (
        not layer.facts.location or reading.read_subject(each) == layer.facts.location
    ),
    "COMPLETED": _Layer.says_completed,
    "DUE": _Layer.says_due,
    "DTSTART": _Layer.says_start,
    "DURATION": _Layer.says_length,
}
"""Does a kept line still say what the ticket says? Only for lines that we own."""


SEVERAL: Mapping[str, Callable[[_Layer, str, Property], list[str]]] = {
    "CATEGORIES": _Layer.categories,
    "ATTENDEE": _Layer.attendee,
    SOMEBODY: _Layer.somebody,
    "RELATED-TO": _Layer.related,
    "URL": _Layer.url,
}
"""Lines that may be ours or a client's, side by side."""
