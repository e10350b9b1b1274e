"""How many tickets wait where: capped, so that no count walks a table, and all in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import State, Task, TaskList
from modules.tasks.notices import inbox
from modules.tasks.queries import ANYBODY, in_state, lists_worked_by, unassigned

MOST = 1_000
"""What is counted; beyond it a page says `1000+`."""


@dataclass(frozen=True)
class Listed:
    """A task list that somebody works on."""

    id: int
    name: str
    hue: int
    archived: bool
    change_number: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Counted:
    """Open tickets and those in progress, each counted to just beyond MOST."""

    open: int = 0
    in_progress: int = 0

    def __str__(self) -> str:
        return _said(self.open + self.in_progress)

    def of(self, state: State) -> str:
        """The same for one state; only what is active is counted."""
        return _said({State.OPEN: self.open, State.IN_PROGRESS: self.in_progress}.get(state, 0))


NOTHING = Counted()


@dataclass(frozen=True)
class Counts:
    """What waits, by list and by what is said of it."""

    lists: Mapping[int, Counted] = field(default_factory=dict)
    mine: Counted = NOTHING
    unassigned: Counted = NOTHING
    overdue: Counted = NOTHING
    unread: str = ""  # notices, as the bell says

    @property
    def active(self) -> Counted:
        return _sum(self.lists.values())


def listed(session: Session, user: User) -> list[Listed]:
    """The lists that the person works on, in the managers' order."""
    rows = session.execute(_lists(), {"reader": user.id})
    return [Listed(*row) for row in rows]


def counts(session: Session, user: User, list_ids: Sequence[int], now: datetime) -> Counts:
    """What waits in these lists, which are those that the person works on."""
    if not list_ids:
        return Counts()
    bound = {"reader": user.id, "lists": list(list_ids), "now": now}
    rows = session.execute(_counts(), bound).all()
    if not rows:
        return Counts()
    mine, without, late = (Counted(*rows[0][at : at + 2]) for at in (3, 5, 7))
    lists = {row[0]: Counted(row[1], row[2]) for row in rows}
    return Counts(lists, mine, without, late, inbox.in_words(rows[0][9]))


@cache
def _lists() -> Any:
    return (
        lists_worked_by(ANYBODY)
        .with_only_columns(
            TaskList.id, TaskList.name, TaskList.hue, TaskList.archived, TaskList.change_number
        )
        .order_by(TaskList.position, TaskList.name)
    )


@cache
def _counts() -> Any:
    lists: Any = bindparam("lists", expanding=True)
    within = Task.task_list_id.in_(lists)
    return select(
        TaskList.id,
        *_both(Task.task_list_id == TaskList.id),
        *_both(within, Task.assignee_id == ANYBODY.id),
        *_both(within, unassigned()),
        *_both(within, Task.due < bindparam("now", type_=Task.due.type)),
        inbox.unread(),
    ).where(TaskList.id.in_(lists))


def _both(*conditions: ColumnElement[bool]) -> list[ScalarSelect[int]]:
    return [_capped(in_state(state), *conditions) for state in (State.OPEN, State.IN_PROGRESS)]


def _capped(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    # Each walks one index, and stops where nobody would count on.
    some = select(literal(1)).select_from(Task).where(*conditions).limit(MOST + 1)
    return select(func.count()).select_from(some.correlate(TaskList).subquery()).scalar_subquery()


def _said(number: int) -> str:
    return f"{MOST}+" if number > MOST else str(number or "")


def _sum(all_of_them: Iterable[Counted]) -> Counted:
    each = list(all_of_them)
    return Counted(sum(one.open for one in each), sum(one.in_progress for one in each))
