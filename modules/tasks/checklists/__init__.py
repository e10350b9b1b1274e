"""A ticket's checklist: what is to be done on the way, for the list's agents.

An item is a VTODO of its own with the ticket's as its parent, but no ticket: it stands in no queue,
has no customer and nothing is told of it outside. Who reads the ticket as an agent reads its items.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from groupware.text import one_line
from modules.tasks.access import agent_level, require
from modules.tasks.checklists.models import ChecklistItem
from modules.tasks.history import changed
from modules.tasks.models import Task

__all__ = [
    "ChecklistItem",
    "add_item",
    "assign_item",
    "check_item",
    "items_of",
    "move_item",
    "of_ticket",
    "remove_item",
    "rename_item",
]

MOST_ITEMS = 100
LONGEST_ITEM = 500


def of_ticket(ticket: Task) -> Select[ChecklistItem]:
    """The items of a ticket that was found by an agent's face, in their order."""
    return (
        select(ChecklistItem)
        .where(ChecklistItem.task_id == ticket.id)
        .options(joinedload(ChecklistItem.assignee))
        .order_by(ChecklistItem.position, ChecklistItem.id)
    )


def items_of(session: Session, ids: Collection[int]) -> Mapping[int, Sequence[ChecklistItem]]:
    """The items of these tickets, which were found by an agent's face: one statement."""
    found: defaultdict[int, list[ChecklistItem]] = defaultdict(list)
    if not ids:
        return found
    rows = session.scalars(
        select(ChecklistItem)
        .where(ChecklistItem.task_id.in_(ids))
        .options(joinedload(ChecklistItem.assignee).selectinload(User.addresses))
        .order_by(ChecklistItem.task_id, ChecklistItem.position, ChecklistItem.id)
    )
    for item in rows:
        found[item.task_id].append(item)
    return found


def add_item(
    session: Session, actor: User, ticket: Task, text: str, *, uid: str = "", now: datetime
) -> ChecklistItem:
    """A new item at the end; `uid` is a calendar's own for it."""
    require(session, actor, Level.WRITE, ticket.task_list)
    text = _checked(text)
    there = session.scalars(of_ticket(ticket)).all()
    if len(there) >= MOST_ITEMS:
        raise Invalid(text=f"A checklist has at most {MOST_ITEMS} items.")
    item = ChecklistItem(
        uid=uid or f"{uuid.uuid4()}",
        task_id=ticket.id,
        text=text,
        position=max((each.position for each in there), default=0) + 1,
        created=now,
        last_modified=now,
    )
    session.add(item)
    session.flush()
    _tell(session, actor, ticket, item, "item_added", now=now, item=[None, text])
    return item


def check_item(
    session: Session, actor: User, ticket: Task, item: ChecklistItem, *, done: bool, now: datetime
) -> None:
    """Say that an item is done, or that it is not."""
    _require(session, actor, ticket, item)
    if done == (item.completed is not None):
        return
    item.completed = now if done else None
    act = "item_done" if done else "item_reopened"
    _tell(session, actor, ticket, item, act, now=now, item=[None, item.text])


def rename_item(
    session: Session, actor: User, ticket: Task, item: ChecklistItem, text: str, *, now: datetime
) -> None:
    """Say it in other words."""
    _require(session, actor, ticket, item)
    text = _checked(text)
    if text != item.text:
        before, item.text = item.text, text
        _tell(session, actor, ticket, item, "item_changed", now=now, item=[before, text])


def assign_item(
    session: Session,
    actor: User,
    ticket: Task,
    item: ChecklistItem,
    *,
    to: User | None,
    now: datetime,
) -> None:
    """Give an item to a colleague who may work on the ticket, or to nobody."""
    _require(session, actor, ticket, item)
    if to is not None and agent_level(session, to, ticket.task_list) < Level.WRITE:
        raise Invalid(assignee="This person cannot work on tickets of this list.")
    if item.assignee is not to:
        before, item.assignee = item.assignee, to
        _tell(
            session, actor, ticket, item, "item_assigned", now=now,
            item=[None, item.text], assignee=[before and before.id, to and to.id],
        )  # fmt: skip


def move_item(
    session: Session, actor: User, ticket: Task, item: ChecklistItem, *, by: int, now: datetime
) -> None:
    """Move an item so many places down, or up where it is less than zero."""
    _require(session, actor, ticket, item)
    items = list(session.scalars(of_ticket(ticket)))
    here = items.index(item)
    there = min(max(here + by, 0), len(items) - 1)
    if there == here:
        return
    items.insert(there, items.pop(here))
    for position, each in enumerate(items, 1):
        if each.position != position:
            each.position, each.last_modified = position, now
    _tell(session, actor, ticket, item, "item_moved", now=now)


def remove_item(
    session: Session, actor: User, ticket: Task, item: ChecklistItem, *, now: datetime
) -> None:
    """Take an item off the list; the history keeps its words."""
    _require(session, actor, ticket, item)
    session.delete(item)
    _tell(session, actor, ticket, item, "item_removed", now=now, item=[item.text, None])


def _require(session: Session, actor: User, ticket: Task, item: ChecklistItem) -> None:
    require(session, actor, Level.WRITE, ticket.task_list)
    if item.task_id != ticket.id:
        raise NotFound


def _checked(text: str) -> str:
    text = one_line(text)
    if not text:
        raise Invalid(text="Please write what is to be done.")
    if len(text) > LONGEST_ITEM:
        raise Invalid(text=f"This is longer than {LONGEST_ITEM} characters.")
    return text


def _tell(
    session: Session,
    actor: User,
    ticket: Task,
    item: ChecklistItem,
    act: str,
    /,
    *,
    now: datetime,
    **changes: Any,
) -> None:
    item.last_modified = now
    changed(session, actor, ticket, act, now=now, public=False, **changes)
