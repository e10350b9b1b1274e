"""What an agent may choose for a ticket, and the other tickets around it: a statement each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    SmallInteger,
    String,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from groupware.models import Address, Level, Location, User
from modules.tasks.models import (
    Category,
    Link,
    Participant,
    State,
    Task,
    TaskList,
    task_categories,
)
from modules.tasks.people import who_may_work
from modules.tasks.queries import categories_for, lists_worked_by, locations_of, worked_by

MOST_CHOICES = 300
MOST_PEOPLE = 50
EARLIER = 5


@dataclass(frozen=True)
class Choice:
    id: int
    name: str
    hue: int = 0


@dataclass(frozen=True)
class Choices:
    """By what they are for."""

    agents: Sequence[Choice]
    lists: Sequence[Choice]  # where the ticket may be moved to
    known_lists: Sequence[Choice]  # those whose name the reader may know
    categories: Sequence[Choice]
    chosen: Sequence[Choice]  # the ticket's categories
    locations: Sequence[Choice]


def choices(session: Session, actor: User, ticket: Task, *, works: bool) -> Choices:
    """Everything that can be chosen, by one statement; who may only read gets what names need."""
    known = lists_worked_by(actor)
    has = (
        select(Category)
        .join(task_categories, task_categories.c.category_id == Category.id)
        .where(task_categories.c.task_id == ticket.id)
    )
    parts = [
        _part("known", known, TaskList.id, TaskList.name, TaskList.hue),
        _part("has", has, Category.id, Category.name, Category.hue),
    ]
    if works:
        there = lists_worked_by(actor, Level.CREATE).where(TaskList.archived.is_(False))
        meant = categories_for(ticket.task_list)
        people = who_may_work(ticket.task_list)
        parts += [
            _part("list", there, TaskList.id, TaskList.name, TaskList.hue),
            _part("category", meant, Category.id, Category.name, Category.hue),
            _part("agent", people, User.id, User.name),
        ]
        if ticket.customer is not None:
            places = locations_of(ticket.customer)
            parts.append(_part("location", places, Location.id, Location.name))
    found: dict[str, list[Choice]] = {}
    for kind, number, name, hue in session.execute(union_all(*parts)):
        found.setdefault(kind, []).append(Choice(number, name, hue))
    for each in found.values():
        each.sort(key=lambda choice: choice.name.casefold())
    return Choices(
        agents=found.get("agent", ()),
        lists=found.get("list", ()),
        known_lists=found.get("known", ()),
        categories=found.get("category", ()),
        chosen=found.get("has", ()),
        locations=found.get("location", ()),
    )


@dataclass(frozen=True)
class Taker:
    """Somebody who takes part, with their addresses."""

    id: int
    name: str
    organisation: str
    is_customer: bool
    addresses: Sequence[str]


def takers(session: Session, ticket: Task) -> list[Taker]:
    """The customer first, then who else takes part."""
    rows = session.execute(
        select(Participant.is_customer, User.id, User.name, User.organisation, Address.address)
        .join(User, User.id == Participant.user_id)
        .outerjoin(Address, Address.user_id == User.id)
        .where(Participant.task_id == ticket.id)
        .order_by(Participant.is_customer.desc(), User.name, User.id, Address.id)
        .limit(MOST_PEOPLE * 2)
    )
    found: dict[int, Taker] = {}
    for is_customer, number, name, organisation, address in rows:
        before = found.get(number)
        addresses = (*(before.addresses if before else ()), *([address] if address else ()))
        found[number] = Taker(number, name, organisation, bool(is_customer), addresses)
    return list(found.values())


@dataclass(frozen=True)
class Other:
    """Another ticket, as a line that leads to it."""

    id: int
    subject: str
    state: State
    at: datetime


@dataclass(frozen=True)
class Around:
    """Other tickets that the reader may see."""

    links: Sequence[Other]
    earlier: Sequence[Other]
    visible: frozenset[int]  # of those that were asked for


def around(session: Session, actor: User, ticket: Task, named: Collection[int]) -> Around:
    """Linked tickets, the customer's earlier ones, and which of those named may be seen."""
    linked = or_(
        Task.id.in_(select(Link.target_id).where(Link.source_id == ticket.id)),
        Task.id.in_(select(Link.source_id).where(Link.target_id == ticket.id)),
    )
    parts = [_others("link", worked_by(actor).where(linked).order_by(Task.id).limit(MOST_CHOICES))]
    if named:
        parts.append(_others("named", worked_by(actor).where(Task.id.in_(named))))
    if ticket.customer_id is not None:
        own = select(Participant.task_id).where(
            Participant.user_id == ticket.customer_id,
            Participant.is_customer,
            Participant.task_id != ticket.id,
        )
        newest = worked_by(actor).where(Task.id.in_(own)).order_by(Task.id.desc()).limit(EARLIER)
        parts.append(_others("earlier", newest))
    found: dict[str, list[Other]] = {}
    rows = session.execute(union_all(*parts)).all()
    for kind, number, subject, status, closed, at in rows:
        row = Task(status=status, closed=closed)
        found.setdefault(kind, []).append(Other(number, subject, row.state, at))
    return Around(
        links=sorted(found.get("link", ()), key=lambda other: other.id),
        earlier=sorted(found.get("earlier", ()), key=lambda other: -other.id),
        visible=frozenset(other.id for other in found.get("named", ())),
    )


def _part(kind: str, query: Select[Any], number: Any, name: Any, hue: Any = None) -> Select[Any]:
    rows = query.with_only_columns(number, name, null() if hue is None else hue)
    limited = rows.limit(MOST_CHOICES).subquery()
    number, name, hue = limited.c
    return select(literal(kind), number, name, func.coalesce(cast(hue, SmallInteger), 0))


def _others(kind: str, query: Select[Task]) -> Select[Any]:
    rows = query.with_only_columns(
        literal(kind, String),
        Task.id,
        Task.summary,
        Task.status,
        Task.closed,
        Task.last_modified,
    ).subquery()
    return select(rows)
