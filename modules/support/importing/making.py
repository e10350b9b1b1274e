"""A row becomes a ticket by the use cases, or is refused as they refuse it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func
from sqlalchemy.orm import Session

from groupware import people
from groupware.errors import Invalid, Refusal
from groupware.models import Level, Location, User
from modules.tasks import fields, tickets
from modules.tasks.fields import FieldKind
from modules.tasks.letters.telling import unwritten
from modules.tasks.models import Category, State, Task, TaskList, Urgency
from modules.tasks.people import who_may_ask, who_may_work
from modules.tasks.queries import categories_for, lists_worked_by, locations_of

Said = Mapping[str, str]
T = TypeVar("T")

STATES = {
    **{each.value: each for each in State},
    "new": State.OPEN, "needs-action": State.OPEN, "pending": State.OPEN, "active": State.OPEN,
    "in progress": State.IN_PROGRESS, "in-process": State.IN_PROGRESS,
    "solved": State.RESOLVED, "completed": State.RESOLVED, "done": State.RESOLVED,
    "cancelled": State.CLOSED,
}  # fmt: skip
URGENCIES = {
    **{each.value: each for each in Urgency},
    "medium": Urgency.NORMAL, "critical": Urgency.URGENT, "emergency": Urgency.URGENT,
}  # fmt: skip
MOMENTS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class Tried:
    """What would become of a row."""

    number: int
    said: Said
    problem: str = ""
    there: bool = False


class _TakenBack(Exception):
    """It would have been made: no error, but the way out of a savepoint."""


@contextmanager
def taken_back(session: Session) -> Iterator[None]:
    """Do this and undo it at once."""
    try:
        with session.begin_nested():
            yield
            raise _TakenBack  # noqa: TRY301  # leaves the savepoint
    except _TakenBack:
        pass


def tried(
    session: Session,
    actor: User,
    task_list: TaskList,
    rows: Iterable[tuple[int, Said, bool]],
    *,
    now: datetime,
) -> list[Tried]:
    """What would become of these rows: each is really made, and taken back at once."""
    found = []
    for number, said, there in rows:
        problem = ""
        if not there:
            try:
                with taken_back(session):
                    make(session, actor, task_list, said, now=now)
            except Refusal as refusal:
                problem = said_in_words(refusal)
        found.append(Tried(number, said, problem, there))
    return found


def said_in_words(refusal: Refusal) -> str:
    """Why a row is refused: all that is wrong with it."""
    errors = getattr(refusal, "errors", {})
    return (" ".join(dict.fromkeys(errors.values())) or refusal.message)[:300]


def make(session: Session, actor: User, task_list: TaskList, said: Said, *, now: datetime) -> Task:
    """A ticket out of a row, with the rights of who imports it; nobody gets a letter."""
    task_list = _list(session, actor, task_list, said.get("list", ""))
    customer = _customer(session, actor, task_list, said.get("customer", ""))
    state = _word(STATES, said.get("status", ""), State.OPEN, "status")
    wish = tickets.Request(
        subject=said.get("subject", ""),
        details=said.get("details") or said.get("subject", ""),
        urgency=_word(URGENCIES, said.get("urgency", ""), Urgency.NORMAL, "urgency"),
        location=_location(session, task_list, customer, said.get("location", "")),
        custom=_custom(session, task_list, said),
    )
    with unwritten(session):
        ticket = tickets.file_for(
            session, actor, customer, task_list, wish, now=now, source="import"
        )
        if categories := _categories(session, task_list, said.get("categories", "")):
            tickets.categorise(session, actor, ticket, categories, now=now)
        if due := said.get("due"):
            at, is_date = _moment(due, actor.time_zone)
            zone = actor.time_zone
            tickets.set_due(session, actor, ticket, due=at, zone=zone, is_date=is_date, now=now)
        if assignee := said.get("assignee"):
            to = _person(session, who_may_work(task_list), assignee)
            if to is None:
                raise Invalid(f"{assignee[:60]} does not work on {task_list.name}.")
            tickets.assign(session, actor, ticket, to=to, now=now)
        if state != State.OPEN:
            tickets.set_state(session, actor, ticket, state, now=now)
    return ticket


def _list(session: Session, actor: User, usual: TaskList, name: str) -> TaskList:
    if not name or name.casefold() == usual.name.casefold():
        return usual
    query = lists_worked_by(actor, Level.CREATE).where(TaskList.archived.is_(False))
    named = query.where(func.lower(TaskList.name) == name.lower()).limit(1)
    found = session.scalar(named)
    if found is None:
        raise Invalid(f"There is no task list “{name[:60]}” where you may file.")
    return found


def _customer(session: Session, actor: User, task_list: TaskList, text: str) -> User:
    """By address, or by a name that one alone has of those who may ask here."""
    if not text:
        return actor
    found = _person(session, who_may_ask([task_list]), text)
    if found is None:
        raise Invalid(f"{text[:60]} may not ask in {task_list.name}.")
    return found


def _person(session: Session, query: Any, text: str) -> User | None:
    if "@" in text:
        person = people.by_address(session, text)
        return session.scalar(query.where(User.id == person.id)) if person else None
    found = session.scalars(query.where(func.lower(User.name) == text.lower()).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _location(session: Session, task_list: TaskList, customer: User, name: str) -> Location | None:
    if not name:  # the customer's only one, where one must be said
        own = list(session.scalars(locations_of(customer).limit(2)))
        return own[0] if task_list.location_required and len(own) == 1 else None
    query = locations_of(customer).where(func.lower(Location.name) == name.lower())
    found = session.scalar(query.limit(1))
    if found is None:
        raise Invalid(f"{customer.name} cannot ask for the location “{name[:60]}”.")
    return found


def _categories(session: Session, task_list: TaskList, text: str) -> list[Category]:
    names = list(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))[:30]
    if not names:
        return []
    lowered = [name.lower() for name in names]
    query = categories_for(task_list).where(func.lower(Category.name).in_(lowered))
    found = {each.name.casefold(): each for each in session.scalars(query)}
    if missing := [name for name in names if name.casefold() not in found]:
        raise Invalid(f"There is no category “{missing[0][:60]}” for {task_list.name}.")
    return [found[name.casefold()] for name in names]


def _custom(session: Session, task_list: TaskList, said: Said) -> dict[str, Any] | None:
    """What is said to the list's fields; None where nothing is, and nothing is demanded."""
    by_slug = {each.slug: each for each in fields.fields_of(session, task_list.id)}
    given: dict[str, Any] = {}
    for target, text in said.items():
        field = by_slug.get(target.removeprefix("custom:")) if ":" in target else None
        if field is None:
            continue
        several = field.sort is FieldKind.CHOICES
        given[field.slug] = [each.strip() for each in text.split(",")] if several else text
    return given or None


def _word(words: Mapping[str, T], text: str, usual: T, what: str) -> T:
    if not text:
        return usual
    found = words.get(text.casefold()) or words.get(text.casefold().replace(" ", "_"))
    if found is None:
        raise Invalid(f"“{text[:60]}” is no {what}.")
    return found


def _moment(text: str, zone: str) -> tuple[datetime, bool]:
    """A day, or a day with its time, in the zone of who imports it."""
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day, time(23, 59), there).astimezone(UTC), True
    except ValueError:
        pass
    for form in MOMENTS:
        try:
            at = datetime.strptime(text[:19], form).replace(tzinfo=there)
        except ValueError:
            continue
        return at.astimezone(UTC), False
    raise Invalid(f"“{text[:60]}” is no due date, such as 2026-03-02 or 2026-03-02 14:30.")
