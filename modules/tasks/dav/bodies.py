"""What a PUT brings: one task with its changed occurrences, or a refusal that says why."""

import io
from collections.abc import Iterator

from groupware.models import User
from modules.tasks.dav.answers import refused
from modules.tasks.icalendar.attaching import enclosed
from modules.tasks.icalendar.importing import (
    MOST_OCCURRENCES,
    Source,
    is_occurrence,
    value_of,
)
from modules.tasks.icalendar.keeping import tzid_of
from modules.tasks.icalendar.lines import (
    MOST_PARTS,
    Broken,
    Component,
    Property,
    Unreadable,
    read,
    split,
)
from modules.tasks.icalendar.reading import Vtodo, read_vtodo
from modules.tasks.icalendar.times import Zones, locations_of, zone_called

EMPTY_IS_ABSENT = frozenset(
    {"PRIORITY", "PERCENT-COMPLETE", "DUE", "DTSTART", "COMPLETED", "STATUS"}
)


def read_body(written: bytes) -> Source:
    """The one task of a body, with its changed occurrences; refuses everything else."""
    try:
        parts = list(read(io.BytesIO(written)))
    except Unreadable as problem:
        raise refused(400, "<c:valid-calendar-data/>", reason=str(problem)) from None
    components = [each for each in parts if isinstance(each, Component)]
    for each in parts:
        if isinstance(each, Broken):
            raise _invalid(each.why)
        if isinstance(each, str) and each.upper().startswith("METHOD:"):
            raise _not_one("A calendar's task has no METHOD.")
    if sum(_size(each) for each in components) > MOST_PARTS:
        raise _invalid(f"It has more than {MOST_PARTS} components.")
    for each in components:
        if each.name not in ("VTODO", "VTIMEZONE"):
            raise refused(
                403, "<c:supported-calendar-component/>", reason=f"Only tasks, no {each.name}."
            )
    todos = [each for each in components if each.name == "VTODO"]
    tasks = [each for each in todos if not is_occurrence(each)]
    if len({value_of(each, "UID") for each in todos}) > 1 or len(tasks) != 1:
        raise _not_one("It holds one task, with its changed occurrences.")
    occurrences = [each for each in todos if is_occurrence(each)]
    if len(occurrences) > MOST_OCCURRENCES:
        raise _invalid("It has too many changed occurrences.")
    zones = {tzid_of(each): each for each in components if each.name == "VTIMEZONE"}
    for task in todos:
        task.entries = [each for each in task.entries if not _is_empty(each)]
    return Source(tasks[0], occurrences, zones)


def understood(source: Source, person: User) -> Vtodo:
    """The task in our terms; a property that cannot be read is refused, not taken for absent."""
    home = zone_called(person.time_zone) or zone_called("UTC")
    assert home is not None  # noqa: S101  # tzdata is a dependency
    try:
        zones = Zones(home, locations_of(source.timezones))
        vtodo = read_vtodo(source.task, zones)
        for property_ in source.task.properties():
            enclosed(property_)
        for each in source.occurrences:
            read_vtodo(_with_summary(each), zones)
    except Unreadable as problem:
        raise _invalid(str(problem)) from None
    if vtodo.problems:
        raise _invalid(vtodo.problems[0].removesuffix(": left out"))
    return vtodo


def _with_summary(occurrence: Component) -> Component:
    """A changed occurrence may leave out what its task says."""
    names = {each.name for each in _taken_apart(occurrence)}
    extra = [] if "SUMMARY" in names else ["SUMMARY:-"]
    return Component("VTODO", [*occurrence.entries, *extra])


def _taken_apart(component: Component) -> Iterator[Property]:
    for entry in component.entries:
        if isinstance(entry, str):
            yield split(entry)


def _is_empty(entry: str | Component) -> bool:
    """A line such as `PRIORITY:` says nothing."""
    if isinstance(entry, Component) or not entry.rstrip().endswith(":"):
        return False
    return entry.partition(":")[0].partition(";")[0].upper() in EMPTY_IS_ABSENT


def _size(component: Component) -> int:
    return 1 + sum(_size(each) for each in component.entries if isinstance(each, Component))


def _invalid(reason: str) -> Exception:
    return refused(403, "<c:valid-calendar-data/>", reason=reason)


def _not_one(reason: str) -> Exception:
    return refused(403, "<c:valid-calendar-object-resource/>", reason=reason)
