"""What an agent may choose for a ticket, and the other tickets around it: a statement each."""

import typing
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    SmallInteger,
    String,
    bindparam,
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
    ANYBODY,
    ITS_LIST,
    RESTORABLE,
    categories_for,
    lists_worked_by,
    locations_of,
    merged_after,
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
    asked = ticket.customer_id if works else None
    bound: dict[str, Any] = {"reader": actor.id, "ticket": ticket.id}
    if works:
        bound |= {"list": ticket.task_list_id, "acl": ticket.task_list.agent_acl_id}
    if asked is not None:
        bound["customer"] = asked
    rows = session.execute(_choices(works=works, asked=asked is not None), bound)
    found: dict[str, list[Choice]] = {}
    lists: list[tuple[int, Listed]] = []
    for kind, number, name, hue, archived, place, changes in rows:
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
    bound: dict[str, Any] = {
        "reader": actor.id,
        "ticket": ticket.id,
        "restorable": now - RESTORABLE,
    }
    if named:
        bound["named"] = list(named)
    if ticket.customer_id is not None:
        bound["customer"] = ticket.customer_id
    statement = _around(named=bool(named), asked=ticket.customer_id is not None)
    rows = session.execute(statement, bound).all()
    found: dict[str, list[Other]] = {}
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


class _TheCustomer:
    """Stands for the ticket's customer, as `ANYBODY` for the reader."""

    id: Any = bindparam("customer", type_=Integer())


_TICKET: Any = bindparam("ticket", type_=Integer())


@cache
def _choices(*, works: bool, asked: bool) -> Any:
    """All that can be chosen; built once for all tickets, as is what follows."""
    has = (
        select(Category)
        .join(task_categories, task_categories.c.category_id == Category.id)
        .where(task_categories.c.task_id == _TICKET)
    )
    parts = [
        _part(
            "known",
            lists_worked_by(ANYBODY),
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
        there = lists_worked_by(ANYBODY, Level.CREATE).where(TaskList.archived.is_(False))
        meant = categories_for(ITS_LIST)
        parts += [
            _part("list", there, TaskList.id, TaskList.name, TaskList.hue),
            _part("category", meant, Category.id, Category.name, Category.hue),
            _part("agent", who_may_work(ITS_LIST), User.id, User.name),
        ]
    if asked:
        places = locations_of(typing.cast(User, _TheCustomer()))
        parts.append(_part("location", places, Location.id, Location.name))
    return union_all(*parts)


@cache
def _around(*, named: bool, asked: bool) -> Any:
    mine = worked_by(ANYBODY)
    there = mine.join(Link, Link.target_id == Task.id).where(Link.source_id == _TICKET)
    back = mine.join(Link, Link.source_id == Task.id).where(Link.target_id == _TICKET)
    since = bindparam("restorable", type_=Task.deleted_at.type)
    merged = merged_after(ANYBODY, since).where(Task.merged_into_id == _TICKET)
    parts = [
        _others("to", there.limit(MOST_CHOICES), Link.kind),
        _others("from", back.limit(MOST_CHOICES), Link.kind),
        _others("merged", merged),
    ]
    if named:
        parts.append(_others("named", mine.where(Task.id.in_(bindparam("named", expanding=True)))))
    if asked:
        # By the customer's index from its end, however many requests there are.
        newest = (
            mine.join(Participant, Participant.task_id == Task.id)
            .where(
                Participant.user_id == _TheCustomer.id,
                Participant.is_customer,
                Participant.task_id != _TICKET,
            )
            .order_by(Participant.task_id.desc())
            .limit(EARLIER)
        )
        parts.append(_others("earlier", newest))
    return union_all(*parts)


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
