"""Tickets as others' calendars show them: published tasks, or events where they fall due.

What is published names the desk as its organiser and nobody else (RFC 5546, 3.4.1): no attendees,
no customer's address, nothing that a task app wrote, and no alarm but what its person has chosen
for whatever falls due.
"""

from collections.abc import Iterable, Iterator

from icalendar.prop import vCalAddress, vText

from modules.tasks.icalendar.alarms import alarm_lines
from modules.tasks.icalendar.facts import Face, Facts
from modules.tasks.icalendar.keeping import Todo, zones_of
from modules.tasks.icalendar.lines import clean, folded, line
from modules.tasks.icalendar.times import when_line
from modules.tasks.icalendar.writing import ALLOWED, HEAD, lines_of

WITHHELD = frozenset({"ATTENDEE", "CONTACT", "COMMENT", "X-GROUPWARE-REV"})
PUBLISHED = {face: allowed - WITHHELD for face, allowed in ALLOWED.items()}
OFTEN = "PT15M"
"""How often calendars are asked to look again; those of the big houses look when they like."""


def published(
    tickets: Iterable[Facts], face: Face, *, name: str, organiser: str, events: bool
) -> Iterator[bytes]:
    """A feed, piece by piece; a zone is described before its first use."""
    yield folded(
        [
            *HEAD,
            "METHOD:PUBLISH",
            line("NAME", vText(clean(name))),
            line("X-WR-CALNAME", vText(clean(name))),
            f"REFRESH-INTERVAL;VALUE=DURATION:{OFTEN}",
            f"X-PUBLISHED-TTL:{OFTEN}",
        ]
    )
    say = _event if events else _todo
    described: set[str] = set()
    for facts in tickets:
        if (shown := say(facts, face, organiser)) is None:
            continue
        for tzid in shown.zones.keys() - described:
            described.add(tzid)
            yield folded(shown.zones[tzid])
        yield folded(shown.lines)
    yield folded(["END:VCALENDAR"])


def organiser_line(name: str, host: str) -> str:
    """Whose feed it is: the desk's, which is written to from a ticket's page."""
    return line("ORGANIZER", vCalAddress(f"mailto:noreply@{host}"), CN=clean(name))


def _todo(facts: Facts, face: Face, organiser: str) -> Todo:
    own = [text for name, text in lines_of(facts) if name in PUBLISHED[face]]
    return _component("VTODO", [*own, organiser, *_alarm(facts)])


def _event(facts: Facts, face: Face, organiser: str) -> Todo | None:
    """When a ticket falls due; None where it does not, or where that is not the reader's to know."""
    if facts.due is None or "DUE" not in PUBLISHED[face]:
        return None
    lines = [
        line("UID", vText(clean(f"due-{facts.uid}"))),
        when_line("DTSTART", facts.due),
        *(text for name, text in lines_of(facts) if name in _OF_EVENTS),
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        organiser,
        *_alarm(facts, of_end=False),
    ]
    return _component("VEVENT", lines)


def _alarm(facts: Facts, *, of_end: bool = True) -> Iterable[str]:
    if facts.alarm is None:
        return ()
    return alarm_lines(facts.alarm, facts.uid, facts.summary, of_end=of_end)


def _component(name: str, inside: list[str]) -> Todo:
    lines = [f"BEGIN:{name}", *inside, f"END:{name}"]
    return Todo(zones_of(lines, {}), lines)


_OF_EVENTS = PUBLISHED[Face.AGENT] & {
    "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "DESCRIPTION", "PRIORITY",
    "LOCATION", "URL", "CATEGORIES", "X-GROUPWARE-TICKET",
}  # fmt: skip
