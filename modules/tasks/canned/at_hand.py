"""What agents keep at hand, canned replies and macros alike: who uses it, who changes it, where.

It is private until its maker shares it by its access list. What belongs to a task list is offered in
that list's tickets only, to everybody who answers there; who manages the list changes it.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from groupware import journal, sharing
from groupware.access import access_of, level_in
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level, User
from groupware.text import named, one_line
from modules.tasks.access import agent_level, require
from modules.tasks.canned.models import CannedReply
from modules.tasks.macros.models import Macro
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import ANYBODY, lists_worked_by

Kept = CannedReply | Macro
K = TypeVar("K", CannedReply, Macro)

ENTITIES: dict[type[Any], str] = {CannedReply: "canned_reply", Macro: "macro"}
MOST = 100
LONGEST_NAME = 100


@dataclass(frozen=True)
class Label:
    """What it is called, and to which list it belongs, if to one."""

    name: str
    category: str = ""
    task_list: TaskList | None = None


def usable_by(user: User, model: type[K]) -> Select[K]:
    """Those that the person may use, by name."""
    return select(model).where(_usable(user, model)).order_by(model.name, model.id)


def offered(user: User, model: type[K], ticket: Task) -> Select[K]:
    """Those that the person may use in this ticket."""
    return _offered(user, model, ticket.task_list_id)


def for_ticket(session: Session, user: User, ticket: Task) -> dict[str, list[tuple[int, str, str]]]:
    """Canned replies and macros for a ticket: id, name and category of each, by one statement."""
    found: dict[str, list[tuple[int, str, str]]] = {entity: [] for entity in ENTITIES.values()}
    bound = {"reader": user.id, "list": ticket.task_list_id}
    for entity, number, name, category in session.execute(_for_ticket(), bound):
        found[entity].append((number, name, category))
    for each in found.values():
        each.sort(key=lambda row: (row[2].casefold(), row[1].casefold(), row[0]))
    return found


def _offered(user: User, model: type[K], list_id: Any) -> Select[K]:
    here = or_(model.task_list_id.is_(None), model.task_list_id == list_id)
    return usable_by(user, model).where(here)


@cache
def _for_ticket() -> Any:
    the_list = bindparam("list", type_=Integer())
    parts = []
    for model, entity in ENTITIES.items():
        rows = (
            _offered(ANYBODY, model, the_list)
            .order_by(None)
            .order_by(model.category, model.name, model.id)
            .with_only_columns(model.id, model.name, model.category)
            .limit(MOST)
            .subquery()
        )
        parts.append(select(literal(entity), rows.c.id, rows.c.name, rows.c.category))
    return union_all(*parts)


def may_change(session: Session, actor: User, thing: Kept) -> bool:
    """True where the person may change and delete it."""
    if thing.task_list is not None and agent_level(session, actor, thing.task_list) >= Level.MANAGE:
        return True
    return level_in(session, actor, thing.acl_id) >= sharing.CHANGE


def begin(session: Session, actor: User, thing: Kept, label: Label, *, now: datetime) -> None:
    """Put something new there: private, or of a list that the person manages."""
    if not access_of(session, actor).agent:
        raise Forbidden
    set_label(session, actor, thing, label)
    thing.acl_id, thing.modified = sharing.private(session, actor).id, now
    session.add(thing)
    session.flush()
    write(session, "created", thing, actor, now)


def require_change(session: Session, actor: User, thing: Kept) -> None:
    """Refuse whoever may not change it; what one may not use is not there."""
    model: Any = type(thing)
    seen = select(model.id).where(model.id == thing.id, _usable(actor, model))
    if session.scalar(seen) is None and not may_change(session, actor, thing):
        raise NotFound
    if not may_change(session, actor, thing):
        raise Forbidden


def set_label(session: Session, actor: User, thing: Kept, label: Label) -> None:
    """Name it, and give it to a list that the person manages, or take it from one."""
    for task_list in (label.task_list, thing.task_list):
        if task_list is not None and label.task_list is not thing.task_list:
            require(session, actor, Level.MANAGE, task_list)
    category = one_line(label.category)
    if len(category) > LONGEST_NAME:
        raise Invalid(category=f"This is longer than {LONGEST_NAME} characters.")
    thing.name, thing.category = named(label.name, most=LONGEST_NAME), category
    thing.task_list = label.task_list
    thing.task_list_id = label.task_list.id if label.task_list else None


def share(session: Session, actor: User, thing: Kept, levels: Any, *, now: datetime) -> None:
    """Let these groups use or change it."""
    if changes := sharing.share(session, actor, thing, levels):
        write(session, "access", thing, actor, now, access=changes)


def delete(session: Session, actor: User, thing: Kept, *, now: datetime) -> None:
    """Take it away for everybody; what was written with it stays."""
    require_change(session, actor, thing)
    write(session, "deleted", thing, actor, now)
    session.delete(thing)
    session.flush()


def write(
    session: Session, act: str, thing: Kept, actor: User, now: datetime, **changes: Any
) -> None:
    """Journal what was done to it."""
    entity = ENTITIES[type(thing)]
    journal.record(session, act, entity, thing.id, actor=actor, at=now, of=thing.name, **changes)


def _usable(user: User, model: Any) -> ColumnElement[bool]:
    works = lists_worked_by(user, Level.WRITE).with_only_columns(TaskList.id)
    return or_(sharing.shared_with(user, model.acl_id), model.task_list_id.in_(works))
