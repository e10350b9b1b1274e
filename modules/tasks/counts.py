"""How many tickets wait where: capped, so that no count walks a table, and all in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import in_state, lists_worked_by, unassigned

MOST = 1_000
"""What is counted; beyond it a page says `1000+`."""


@dataclass(frozen=True)
class Counted:
    """Open tickets and those in progress, each counted to just beyond MOST."""

    open: int = 0
    in_progress: int = 0

    @property
    def text(self) -> str:
        """For a page: a number, or `1000+`; empty for nothing."""
        return capped(self.open + self.in_progress)

    def of(self, state: State) -> str:
        """The same for one state."""
        return capped(self.open if state == State.OPEN else self.in_progress)


@dataclass(frozen=True)
class ListCounts:
    """A task list that somebody works on, and its active tickets."""

    id: int
    name: str
    hue: int
    archived: bool
    active: Counted
    unassigned: Counted
    overdue: Counted


@dataclass(frozen=True)
class Counts:
    """What somebody's side bar says."""

    lists: Sequence[ListCounts] = ()
    mine: Counted = Counted()

    @property
    def active(self) -> Counted:
        return _sum(each.active for each in self.lists)

    @property
    def unassigned(self) -> Counted:
        return _sum(each.unassigned for each in self.lists)

    @property
    def overdue(self) -> Counted:
        return _sum(each.overdue for each in self.lists)


def counts(session: Session, user: User, now: datetime) -> Counts:
    """The lists that the person works on, in the managers' order, and what waits in them."""
    here = Task.task_list_id == TaskList.id
    own = Task.task_list_id.in_(lists_worked_by(user).with_only_columns(TaskList.id))
    rows: Sequence[Any] = session.execute(
        lists_worked_by(user)
        .with_only_columns(
            TaskList.id,
            TaskList.name,
            TaskList.hue,
            TaskList.archived,
            *_both(here),
            *_both(here, unassigned()),
            *_both(here, Task.due < now),
            *_both(own, Task.assignee_id == user.id),
        )
        .order_by(TaskList.position, TaskList.name)
    ).all()
    if not rows:
        return Counts()
    lists = [
        ListCounts(id_, name, hue, archived, *(Counted(*numbers[at : at + 2]) for at in (0, 2, 4)))
        for id_, name, hue, archived, *numbers in rows
    ]
    return Counts(lists, Counted(*rows[0][-2:]))


def capped(number: int) -> str:
    """A count as a page says it."""
    return f"{MOST}+" if number > MOST else str(number or "")


def _both(*conditions: ColumnElement[bool]) -> list[ScalarSelect[int]]:
    return [_count(in_state(state), *conditions) for state in (State.OPEN, State.IN_PROGRESS)]


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    # Each walks one index, and stops where nobody would count on.
    found = select(literal(1)).select_from(Task).where(*conditions).limit(MOST + 1)
    return select(func.count()).select_from(found.correlate(TaskList).subquery()).scalar_subquery()


def _sum(all_of_them: Iterable[Counted]) -> Counted:
    each = list(all_of_them)
    return Counted(sum(one.open for one in each), sum(one.in_progress for one in each))
