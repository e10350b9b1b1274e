"""How many tickets wait where: capped, so that no count walks a table, and all in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, literal, select
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import active, lists_worked_by, of_lists, unassigned

ACTIVE = (State.OPEN, State.IN_PROGRESS)
MOST = 1_000
"""What is counted; beyond it a page says `1000+`."""


@dataclass(frozen=True)
class Listed:
    """A task list that somebody works on."""

    id: int
    name: str
    hue: int
    archived: bool


@dataclass(frozen=True)
class Counts:
    """Active tickets of these lists, by list and by what is said of them; `more` as was asked."""

    lists: Mapping[int, int] = field(default_factory=dict)
    mine: int = 0
    unassigned: int = 0
    overdue: int = 0
    more: Sequence[int] = ()

    @property
    def active(self) -> int:
        return sum(self.lists.values())


def listed(session: Session, user: User) -> list[Listed]:
    """The lists that the person works on, in the managers' order."""
    rows = session.execute(
        lists_worked_by(user)
        .with_only_columns(TaskList.id, TaskList.name, TaskList.hue, TaskList.archived)
        .order_by(TaskList.position, TaskList.name)
    )
    return [Listed(*row) for row in rows]


def counts(
    session: Session,
    user_id: int,
    list_ids: Sequence[int],
    now: datetime,
    *more: Select[Any],
) -> Counts:
    """What waits in the lists that a person works on; each number ends just beyond MOST."""
    if not list_ids:
        return Counts(more=[0] * len(more))
    waiting = of_lists(list_ids, ACTIVE, literal(1))
    rows = session.execute(
        select(
            TaskList.id,
            capped(_active_in(TaskList.id)),
            *(
                capped(query)
                for query in (
                    waiting.where(Task.assignee_id == user_id),
                    waiting.where(unassigned()),
                    waiting.where(Task.due < now),
                    *more,
                )
            ),
        ).where(TaskList.id.in_(list_ids))
    ).all()
    _, _, mine, without, late, *others = rows[0] if rows else (0,) * (5 + len(more))
    return Counts({row[0]: row[1] for row in rows}, mine, without, late, others)


def said(number: int) -> str:
    """A count as a page says it: nothing, a number, or `1000+`."""
    return f"{MOST}+" if number > MOST else str(number or "")


def capped(query: Select[Any]) -> ScalarSelect[int]:
    """How many rows it has; it stops where nobody would count on."""
    some = query.limit(MOST + 1).correlate(TaskList).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _active_in(list_id: Any) -> Select[Any]:
    return select(literal(1)).select_from(Task).where(Task.task_list_id == list_id, active())
