"""What a client changed, against what it was given: three ways, property by property.

client = base              -> nothing was changed
client = server            -> nothing to do
server = base              -> the client's value is taken
all three differ           -> a conflict: the server's value stands, or the write is refused

The base is found by the revision that the client echoes, or by its If-Match, or by its SEQUENCE:
from the ticket as it is, what the journal says happened since is taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry
from modules.tasks.history import ENTITY
from modules.tasks.icalendar.status import Triple, state_after, triple_of
from modules.tasks.icalendar.times import When, same
from modules.tasks.models import State, Status, Task, Urgency

MOST_BEHIND = 500
"""Changes that are taken back at most; a write that is older changes nothing by itself."""

BESIDE = frozenset({"calendar", "overruled", "not_assigned", "files"})
"""Acts whose journal tells of calendars, and of no change of what is mapped."""


@dataclass(frozen=True)
class Mapped:
    """What clients may change of a ticket."""

    summary: str
    description: str
    state: State
    triple: Triple
    urgency: Urgency
    start: When | None
    due: When | None
    location: str
    categories: frozenset[str]
    assignee: int | None


@dataclass(frozen=True)
class Merged:
    """What to do: the properties that the client changed, and those that others changed as well."""

    changed: frozenset[str]
    conflicts: frozenset[str]
    state: State | None


def of_ticket(ticket: Task) -> Mapped:
    """A ticket as it is."""

    def when(at: datetime | None) -> When | None:
        return When(at, ticket.due_is_date, ticket.due_tz) if at else None

    return Mapped(
        summary=ticket.summary,
        description=ticket.description,
        state=ticket.state,
        triple=triple_of(ticket),
        urgency=ticket.urgency,
        start=when(ticket.start),
        due=when(ticket.due),
        location=ticket.location.name if ticket.location else "",
        categories=frozenset(each.name for each in ticket.categories),
        assignee=ticket.assignee_id,
    )


def base_at(session: Session, ticket: Task, sequence: int) -> Mapped | None:
    """A ticket as it was after so many changes; None where that is too long ago."""
    now, behind = of_ticket(ticket), ticket.sequence - sequence
    if behind <= 0:
        return now
    if behind > MOST_BEHIND:
        return None
    entries = session.scalars(
        select(JournalEntry)
        .where(JournalEntry.entity == ENTITY, JournalEntry.entity_id == ticket.id)
        .order_by(JournalEntry.id.desc())
        .limit(behind)
    )
    return taken_back(now, entries)


def taken_back(now: Mapped, entries: Iterable[JournalEntry]) -> Mapped:
    """What it was before these acts, the latest first."""
    for entry in entries:
        if entry.act in BESIDE:
            continue
        for field, change in entry.changes.items():
            if isinstance(change, list) and len(change) == 2:
                now = _with(now, field, change[0])
    return now


def merge(base: Mapped | None, server: Mapped, client: Mapped) -> Merged:
    """What the client changed, and where others were before it."""
    before = base or server
    wanted = state_after(before.triple, client.triple)
    # A closed ticket stays closed when somebody checks it off.
    if wanted == State.RESOLVED and server.state == State.CLOSED:
        wanted = None
    if base is None and wanted is not None:
        wanted = None
    changed: set[str] = set()
    conflicts: set[str] = set()
    if wanted is not None and wanted != server.state:
        (changed if before.state == server.state else conflicts).add("state")
    for name in (
        "summary", "description", "urgency", "start", "due", "location", "categories", "assignee",
    ):  # fmt: skip
        mine, theirs, was = (getattr(each, name) for each in (client, server, before))
        if _equal(mine, theirs) or (base is not None and _equal(mine, was)):
            continue
        (conflicts if base is None or not _equal(theirs, was) else changed).add(name)
    return Merged(frozenset(changed), frozenset(conflicts), wanted)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, When) and isinstance(other, When):
        return same(one, other)
    return bool(one == other)


def _with(now: Mapped, field: str, value: Any) -> Mapped:  # noqa: PLR0911  # a table in code
    if field == "summary":
        return replace(now, summary=str(value))
    if field == "description":
        return replace(now, description=str(value or ""))
    if field == "status" and value in list(State):
        state = State(value)
        return replace(now, state=state, triple=_TRIPLES[state])
    if field == "urgency" and value in list(Urgency):
        return replace(now, urgency=Urgency(value))
    if field in ("start", "due"):
        at = datetime.fromisoformat(value) if value else None
        told = getattr(now, field) or now.due or now.start
        zone, is_date = (told.zone, told.is_date) if told else (None, False)
        when = When(at, is_date, zone) if at else None
        return replace(now, start=when) if field == "start" else replace(now, due=when)
    if field == "location":
        return replace(now, location=value or "")
    if field == "categories" and isinstance(value, list):
        return replace(now, categories=frozenset(value))
    if field == "assignee":
        return replace(now, assignee=value)
    if field == "percent" and now.state == State.IN_PROGRESS:
        return replace(now, triple=replace(now.triple, percent=value or None))
    return now


_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
_TRIPLES = {
    State.OPEN: Triple(Status.NEEDS_ACTION),
    State.IN_PROGRESS: Triple(Status.IN_PROCESS),
    State.RESOLVED: Triple(Status.COMPLETED, _ONCE, 100),
    State.CLOSED: Triple(Status.CANCELLED),
}
