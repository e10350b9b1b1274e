"""Facts become content lines, by the allow-list of a face; a calendar is streamed from them."""

from collections.abc import Iterable, Iterator

from icalendar.prop import vCalAddress, vText, vUri

from groupware import __version__
from modules.tasks.icalendar.alarms import with_alarm
from modules.tasks.icalendar.facts import Face, Facts
from modules.tasks.icalendar.items import item_lines
from modules.tasks.icalendar.keeping import Todo, plain
from modules.tasks.icalendar.layers import laid_over
from modules.tasks.icalendar.lines import clean, folded, line
from modules.tasks.icalendar.times import stamp_line, when_line
from modules.tasks.models import Status, Waiting

HEAD = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    f"PRODID:-//Groupware Support//Groupware Support {__version__}//EN",
    "CALSCALE:GREGORIAN",
)
PARTSTATS = {
    Status.NEEDS_ACTION: "NEEDS-ACTION",
    Status.IN_PROCESS: "IN-PROCESS",
    Status.COMPLETED: "COMPLETED",
    Status.CANCELLED: "COMPLETED",  # DECLINED would hand it back
}

_SHARED = """
UID DTSTAMP CREATED LAST-MODIFIED SEQUENCE SUMMARY DESCRIPTION STATUS PERCENT-COMPLETE COMPLETED
PRIORITY LOCATION URL ATTACH COMMENT X-GROUPWARE-TICKET X-GROUPWARE-WAITING X-GROUPWARE-CLOSED
X-GROUPWARE-FIELD
"""
_INTERNAL = "DTSTART DUE CATEGORIES ATTENDEE CONTACT RELATED-TO X-GROUPWARE-REV"
ALLOWED = {
    Face.CUSTOMER: frozenset(_SHARED.split()),
    Face.AGENT: frozenset((_SHARED + _INTERNAL).split()),
}
"""What each face may say; a property that is not named here is never written."""


def calendar(tickets: Iterable[Facts], face: Face) -> Iterator[bytes]:
    """A VCALENDAR with these tickets, piece by piece; a zone is described before its first use."""
    yield folded(HEAD)
    described: set[str] = set()
    for facts in tickets:
        todo = to_vtodo(facts, face)
        for tzid in todo.zones.keys() - described:
            described.add(tzid)
            yield folded(todo.zones[tzid])
        yield folded(todo.lines)
        if facts.items:
            yield folded(list(item_lines(facts.uid, facts.items)))
    yield folded(["END:VCALENDAR"])


def to_vtodo(facts: Facts, face: Face) -> Todo:
    """A ticket as a VTODO; an agent's holds what a client wrote beside what is ours."""
    own = [each for each in lines_of(facts) if each[0] in ALLOWED[face]]
    if face == Face.CUSTOMER:
        return plain(own)
    todo = laid_over(facts, own)
    if facts.alarm is None:
        return todo
    return Todo(todo.zones, with_alarm(todo.lines, facts.alarm, facts.uid, facts.summary))


def lines_of(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every property that is ours, by name: who writes them chooses those that its reader may see."""
    yield _text("UID", facts.uid)
    for name, at in (
        ("DTSTAMP", facts.modified),
        ("CREATED", facts.created),
        ("LAST-MODIFIED", facts.modified),
    ):
        yield name, stamp_line(name, at)
    yield _number("SEQUENCE", facts.sequence)
    yield _text("SUMMARY", facts.summary)
    if facts.description:
        yield _text("DESCRIPTION", facts.description)
    yield _text("STATUS", facts.status.value)
    if facts.percent:
        yield _number("PERCENT-COMPLETE", facts.percent)
    if facts.completed:
        yield "COMPLETED", stamp_line("COMPLETED", facts.completed)
    if facts.priority:
        yield _number("PRIORITY", facts.priority)
    if facts.start:
        yield "DTSTART", when_line("DTSTART", facts.start)
    if facts.due:
        yield "DUE", when_line("DUE", facts.due)
    if facts.location:
        yield _text("LOCATION", facts.location)
    for category in facts.categories:
        yield _text("CATEGORIES", category)
    yield from _people(facts)
    yield "URL", line("URL", vUri(facts.url))
    yield from _around(facts)
    yield _number("X-GROUPWARE-TICKET", facts.number)
    if facts.revision is not None:
        yield _number("X-GROUPWARE-REV", facts.revision)
    if facts.waiting:
        yield "X-GROUPWARE-WAITING", _waiting(facts)
    if facts.closed:
        yield "X-GROUPWARE-CLOSED", stamp_line("X-GROUPWARE-CLOSED", facts.closed)
    yield from _custom(facts)


def _custom(facts: Facts) -> Iterator[tuple[str, str]]:
    for slug, said in facts.custom:
        name = f"X-GROUPWARE-FIELD-{slug.upper().replace('_', '-')}"
        yield "X-GROUPWARE-FIELD", line(name, vText(clean(said)))


def _people(facts: Facts) -> Iterator[tuple[str, str]]:
    for person in facts.people:
        role = "REQ-PARTICIPANT" if person.assigned else "NON-PARTICIPANT"
        yield (
            "ATTENDEE",
            line(
                "ATTENDEE",
                vCalAddress(f"mailto:{clean(person.address)}"),
                CN=person.name,
                ROLE=role,
                PARTSTAT=PARTSTATS[facts.status] if person.assigned else "",
            ),
        )
    asking = next((person for person in facts.people if not person.assigned), None)
    if asking:
        yield _text("CONTACT", f"{asking.name} <{asking.address}>")


def _around(facts: Facts) -> Iterator[tuple[str, str]]:
    for file in facts.files:
        yield (
            "ATTACH",
            line(
                "ATTACH",
                vUri(file.url),
                FMTTYPE=file.content_type,
                FILENAME=file.name,
                SIZE=str(file.size),
            ),
        )
    for uid, word in facts.related:
        yield "RELATED-TO", line("RELATED-TO", vText(clean(uid)), RELTYPE=word)
    for body in facts.comments:
        yield _text("COMMENT", body)


def _waiting(facts: Facts) -> str:
    if facts.waiting == Waiting.UNTIL and facts.waiting_until:
        until = stamp_line("X", facts.waiting_until).partition(":")[2]
        return line("X-GROUPWARE-WAITING", vText(Waiting.UNTIL.value), UNTIL=until)
    return line("X-GROUPWARE-WAITING", vText((facts.waiting or "").replace("_", "-")))


def _number(name: str, number: int) -> tuple[str, str]:
    return name, f"{name}:{number}"


def _text(name: str, text: str) -> tuple[str, str]:
    return name, line(name, vText(clean(text)))
