"""What a ticket is like: urgency, due date, categories, location, list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Level, Location, User
from modules.tasks import events, fields
from modules.tasks.access import agent_level, require
from modules.tasks.history import changed, next_change
from modules.tasks.models import Category, Status, Task, TaskList, Urgency
from modules.tasks.queries import categories_for
from modules.tasks.tickets.filing import check_location
from modules.tasks.tickets.life import give


def set_urgency(
    session: Session, actor: User, ticket: Task, urgency: Urgency, *, now: datetime
) -> None:
    """Change the urgency; a PRIORITY within the same band stays as it was."""
    require(session, actor, Level.WRITE, ticket.task_list)
    before = ticket.urgency
    if urgency == before:
        return
    ticket.priority = urgency.priority
    changed(
        session,
        actor,
        ticket,
        "urgency",
        now=now,
        public=False,
        urgency=[before.value, urgency.value],
    )


def set_due(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    due: datetime | None,
    zone: str | None = None,
    is_date: bool = False,
    now: datetime,
) -> None:
    """Change by when it is due; `zone` is the TZID in which the person said it."""
    plan(session, actor, ticket, Times(ticket.start, due, zone, is_date), now=now)


@dataclass(frozen=True)
class Times:
    """When a ticket starts and is due: two moments, or two days, said in one zone."""

    start: datetime | None
    due: datetime | None
    zone: str | None = None
    is_date: bool = False


def plan(session: Session, actor: User, ticket: Task, times: Times, *, now: datetime) -> None:
    """Change when a ticket starts, and by when it is due."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if times.due and times.start and times.due < times.start:
        raise Invalid(due="The due date is before the start.")
    before, is_date = (ticket.start, ticket.due), ticket.due_is_date
    if (*before, is_date) == (times.start, times.due, times.is_date):
        return
    set_times(ticket, times)
    changes: dict[str, Any] = {}
    if (before[1], is_date) != (times.due, times.is_date):
        changes["due"] = [_written(before[1]), _written(times.due)]
    if before[0] != times.start:
        changes["start"] = [_written(before[0]), _written(times.start)]
    act = "due" if "due" in changes else "start"
    changed(session, actor, ticket, act, now=now, public=False, **changes)


def set_times(ticket: Task, times: Times) -> None:
    """What `plan` does to the row; a new ticket has its times from the start."""
    ticket.start, ticket.due = times.start, times.due
    ticket.due_tz, ticket.due_is_date = times.zone, times.is_date


def set_percent(
    session: Session, actor: User, ticket: Task, percent: int, *, now: datetime
) -> None:
    """Say how much of a ticket in progress is done: 1 to 99 of a hundred."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if not 0 < percent < 100 or ticket.status != Status.IN_PROCESS:
        raise Invalid(percent="Only a ticket in progress is done by 1 to 99 percent.")
    before = ticket.percent
    if percent == before:
        return
    ticket.percent = percent
    changed(session, actor, ticket, "percent", now=now, public=False, percent=[before, percent])


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def categorise(
    session: Session,
    actor: User,
    ticket: Task,
    categories: Iterable[Category],
    *,
    now: datetime,
) -> None:
    """Give a ticket exactly these categories, which must be meant for its list."""
    require(session, actor, Level.WRITE, ticket.task_list)
    wanted = sorted(set(categories), key=lambda category: category.name)
    before = list(ticket.categories)
    meant = _meant_for(session, ticket.task_list, wanted)
    for category in wanted:
        if category not in before and category.id not in meant:
            raise Invalid(categories=f"{category.name} is not a category of this list.")
    if wanted == before:
        return
    ticket.categories = wanted
    changed(
        session,
        actor,
        ticket,
        "categories",
        now=now,
        public=False,
        categories=[[c.name for c in before], [c.name for c in wanted]],
    )


def locate(
    session: Session,
    actor: User,
    ticket: Task,
    location: Location | None,
    *,
    now: datetime,
) -> None:
    """Change the location, to one that the customer may file for."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if location is ticket.location:
        return
    if ticket.customer is not None:
        check_location(session, ticket.customer, ticket.task_list, location)
    elif location is not None and location.archived:
        raise Invalid(location="This location cannot be chosen.")
    before, ticket.location = ticket.location, location
    changed(
        session,
        actor,
        ticket,
        "location",
        now=now,
        public=True,
        location=[before and before.name, location and location.name],
    )


def move(
    session: Session, actor: User, ticket: Task, task_list: TaskList, *, now: datetime
) -> None:
    """Move a ticket to another list; an assignee who may not work there is cleared."""
    require(session, actor, Level.WRITE, ticket.task_list)
    require(session, actor, Level.CREATE, task_list)
    source = ticket.task_list
    if task_list is source:
        return
    if task_list.archived:
        raise Invalid(task_list="This list is archived.")
    if ticket.assignee and agent_level(session, ticket.assignee, task_list) < Level.WRITE:
        give(session, actor, ticket, None, now=now)
    meant = _meant_for(session, task_list, ticket.categories)
    ticket.categories = [category for category in ticket.categories if category.id in meant]
    custom = fields.carried(session, ticket.custom or {}, source.id, task_list.id)
    ticket.task_list, ticket.task_list_id = task_list, task_list.id
    if custom != (ticket.custom or {}):
        fields.keep(session, ticket, custom)
    next_change(session, source.id)  # who follows the source sees that something left
    changed(
        session,
        actor,
        ticket,
        "moved",
        now=now,
        public=False,
        event=events.TicketMoved(ticket=ticket, by=actor, at=now, from_list_id=source.id),
        task_list=[source.id, task_list.id],
    )


def _meant_for(
    session: Session, task_list: TaskList, categories: Sequence[Category]
) -> frozenset[int]:
    """The ids of those categories that tickets of the list may have."""
    ids = [category.id for category in categories]
    query = categories_for(task_list).where(Category.id.in_(ids)).order_by(None)
    return frozenset(session.scalars(query.with_only_columns(Category.id)))
