"""A filter becomes a question to the tickets: what they cannot answer is read in the tasks' text."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, false, or_
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.dav.filters import (
    OfComponent,
    OfProperty,
    TimeRange,
    holds,
    statuses_meant,
    times_hold,
)
from modules.tasks.dav.members import Member, Texts, members, tasks_of
from modules.tasks.dav.occurring import occurs
from modules.tasks.dav.places import Collection
from modules.tasks.icalendar.facts import Face
from modules.tasks.icalendar.keeping import parsed
from modules.tasks.icalendar.lines import Component
from modules.tasks.icalendar.times import Zones, locations_of, zone_called
from modules.tasks.models import Task

REPEATS = ("RRULE", "RDATE", "RECURRENCE-ID")
FEW = 1000
"""So many tasks are looked up; of more, all of the list are read through once again."""


def matching(
    session: Session, user: User, collection: Collection, asked: OfComponent, base_url: str
) -> Iterator[Member]:
    """The tasks of a collection that meet a condition on VTODO."""
    texts = Texts(session, user, collection, base_url)
    if collection.face is Face.CUSTOMER:
        # A customer's ticket holds more than is shown: only what is shown is asked.
        for member, text in texts.of(list(members(session, user, collection))):
            if _meets(text, asked, user):
                yield member
        return
    conditions, rest = _for_tickets(asked)
    if asked.time is None and not rest.inside:
        yield from members(session, user, collection, *conditions)
        return
    if asked.time:
        conditions.append(or_(_in_time(asked.time), _repeats()))
    found = list(members(session, user, collection, *conditions))
    repeated = _repeated_of(session, user, collection, found) if asked.time else frozenset()
    sure = [each for each in found if each.id not in repeated]
    if not rest.inside:
        yield from sure
    else:
        yield from (each for each, text in texts.of(sure) if _meets(text, rest, user))
    if asked.time:
        unsure = [each for each in found if each.id in repeated]
        whole = OfComponent("VTODO", time=asked.time, inside=rest.inside)
        yield from (each for each, text in texts.of(unsure) if _meets(text, whole, user))


def _for_tickets(asked: OfComponent) -> tuple[list[ColumnElement[bool]], OfComponent]:
    """What the table can answer, and what is left."""
    conditions: list[ColumnElement[bool]] = []
    left = []
    for each in asked.inside:
        if isinstance(each, OfProperty) and each.name == "COMPLETED" and each.absent:
            conditions.append(Task.completed.is_(None))
        elif isinstance(each, OfProperty) and (meant := statuses_meant(each)) is not None:
            conditions.append(Task.status.in_(meant) if meant else false())
        else:
            left.append(each)
    return conditions, OfComponent("VTODO", inside=tuple(left))


def _repeated_of(
    session: Session, user: User, collection: Collection, found: Sequence[Member]
) -> frozenset[int]:
    """Which of these may occur more than once."""
    query = tasks_of(user, collection).where(_repeats())
    if len(found) <= FEW:
        query = query.where(Task.id.in_([each.id for each in found]))
    return frozenset(session.scalars(query.order_by(None).with_only_columns(Task.id)))


def _repeats() -> ColumnElement[bool]:
    return and_(
        Task.kept_calendar.is_not(None),
        Task.kept_calendar.contains("\nR"),  # which few texts have: they are read once, not thrice
        or_(*(Task.kept_calendar.contains(f"\n{name}") for name in REPEATS)),
    )


def _in_time(asked: TimeRange) -> ColumnElement[bool]:
    """RFC 4791's table (9.9) for tickets, which always have CREATED."""
    start, end = asked.start, asked.end
    begins, due, completed, created = Task.start, Task.due, Task.completed, Task.created
    return case(
        (
            and_(begins.is_not(None), due.is_not(None)),
            and_(or_(due > start, begins >= start), or_(begins < end, due <= end)),
        ),
        (due.is_not(None), and_(due > start, due <= end)),
        (begins.is_not(None), and_(begins >= start, begins < end)),
        (
            completed.is_not(None),
            and_(or_(created >= start, completed >= start), or_(created <= end, completed <= end)),
        ),
        else_=created < end,
    )


def _meets(text: bytes, asked: OfComponent, user: User) -> bool:
    """True where a task, or one of its changed occurrences, meets the condition as it is shown."""
    unfolded = text.decode().replace("\r\n ", "")
    tasks, timezones = parsed(unfolded)
    if not any(holds(asked, task) for task in tasks):
        return False
    if asked.time is None:
        return True
    home = zone_called(user.time_zone) or ZoneInfo("UTC")
    zones = Zones(home, locations_of(timezones))
    if any(times_hold(asked.time, task, zones) for task in tasks):
        return True
    return _repeated(tasks[0]) and occurs(text, asked.time)


def _repeated(task: Component) -> bool:
    return any(each.name in ("RRULE", "RDATE") for each in task.properties())
