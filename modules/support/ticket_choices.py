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
    false,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from groupware.models import Level, Location, User
from modules.tasks.counts import Listed
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
from modules.tasks.queries import (
    categories_for,
    lists_worked_by,
    locations_of,
    merged_of,
    worked_by,
)
from modules.tasks.tickets import Relation

MOST_CHOICES = 300
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
    known_lists: Sequence[Listed]  # those that the reader works on, in the managers' order
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
        _part(
            "known",
            known,
            TaskList.id,
            TaskList.name,
            TaskList.hue,
            TaskList.archived,
            TaskList.position,
            TaskList.change_number,
        ),
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
    lists: list[tuple[int, Listed]] = []
    for kind, number, name, hue, archived, place, changes in session.execute(union_all(*parts)):
        if kind == "known":
            lists.append((place, Listed(number, name, hue, bool(archived), changes)))
        else:
            found.setdefault(kind, []).append(Choice(number, name, hue))
    for each in found.values():
        each.sort(key=lambda choice: choice.name.casefold())
    return Choices(
        agents=found.get("agent", ()),
        lists=found.get("list", ()),
        known_lists=[
            each for _, each in sorted(lists, key=lambda known: (known[0], known[1].name))
        ],
        categories=found.get("category", ()),
        chosen=found.get("has", ()),
        locations=found.get("location", ()),
    )


@dataclass(frozen=True)
class Other:
    """Another ticket, as a line that leads to it."""

    id: int
    subject: str
    state: State
    at: datetime
    relation: str = ""  # what the ticket is towards it


RELATIONS = {
    Relation.PARENT_OF: "Parent of",
    Relation.CHILD_OF: "Child of",
    Relation.BLOCKED_BY: "Blocked by",
    Relation.BLOCKS: "Blocks",
    Relation.DUPLICATE_OF: "Duplicate of",
    Relation.DUPLICATED_BY: "Duplicated by",
    Relation.RELATED: "Related to",
}
"""In the order in which links are shown."""


@dataclass(frozen=True)
class Around:
    """Other tickets that the reader may see."""

    links: Sequence[Other]
    merged: Sequence[Other]  # are part of this one
    earlier: Sequence[Other]
    visible: frozenset[int]  # of those that were asked for


def around(
    session: Session, actor: User, ticket: Task, named: Collection[int], now: datetime
) -> Around:
    """Linked tickets, the customer's earlier ones, and which of those named may be seen."""
    there = worked_by(actor).join(Link, Link.target_id == Task.id)
    back = worked_by(actor).join(Link, Link.source_id == Task.id)
    parts = [
        _others("to", there.where(Link.source_id == ticket.id).limit(MOST_CHOICES), Link.kind),
        _others("from", back.where(Link.target_id == ticket.id).limit(MOST_CHOICES), Link.kind),
        _others("merged", merged_of(actor, now).where(Task.merged_into_id == ticket.id)),
    ]
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
    words = list(RELATIONS.values())
    for kind, number, subject, status, closed, at, link in rows:
        row = Task(status=status, closed=closed)
        word = RELATIONS[Relation.of(link, is_source=kind == "to")] if link else ""
        found.setdefault(kind, []).append(Other(number, subject, row.state, at, word))
    return Around(
        links=sorted(
            [*found.get("to", ()), *found.get("from", ())],
            key=lambda other: (words.index(other.relation), other.id),
        ),
        merged=found.get("merged", ()),
        earlier=sorted(found.get("earlier", ()), key=lambda other: -other.id),
        visible=frozenset(other.id for other in found.get("named", ())),
    )


def _part(
    kind: str, query: Select[Any], number: Any, name: Any, hue: Any = None, *more: Any
) -> Select[Any]:
    rows = query.with_only_columns(number, name, null() if hue is None else hue, *more)
    limited = rows.limit(MOST_CHOICES).subquery()
    number, name, hue, *more_of_it = limited.c
    return select(
        literal(kind),
        number,
        name,
        func.coalesce(cast(hue, SmallInteger), 0),
        *(more_of_it or (false(), literal(0), literal(0))),
    )


def _others(kind: str, query: Select[Task], word: Any = None) -> Select[Any]:
    rows = query.with_only_columns(
        literal(kind, String),
        Task.id,
        Task.summary,
        Task.status,
        Task.closed,
        Task.last_modified,
        literal("", String) if word is None else word,
    ).subquery()
    return select(rows)
