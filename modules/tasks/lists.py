"""Task lists, that is ticket types: set up by managers.

Whoever has MANAGE in a list's agents' access list may change that list and who may use it, but
makes, archives and orders none, and cannot give themselves more than they have.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from groupware import acls, journal
from groupware.access import access_of, forget, level_in, need
from groupware.errors import Forbidden, Invalid
from groupware.models import Acl, Level, Permission, User
from groupware.people import changed_values
from groupware.text import cleaned, named
from modules.tasks import faces
from modules.tasks.access import require
from modules.tasks.models import Grouping, TaskList

HUES = range(1, 13)
LONGEST_DESCRIPTION = 2000
MOST_DAYS = 3650
MOST_HOURS = 24 * 90


class Side(StrEnum):
    """Each list has two access lists: who may ask, and who may answer."""

    CUSTOMERS = "customers"
    AGENTS = "agents"

    def acl_id(self, task_list: TaskList) -> int:
        return task_list.customer_acl_id if self is Side.CUSTOMERS else task_list.agent_acl_id


@dataclass(frozen=True)
class Rules:
    """What happens to a list's tickets by themselves."""

    location_required: bool = True
    reply_assigns: bool = True
    response_reopens: bool = True
    close_after_days: int = 0
    reopen_within_days: int = 0
    colleagues_see: bool = False
    answer_hours: int = 0
    replies_in_calendar: bool = False

    @classmethod
    def of(cls, task_list: TaskList) -> "Rules":
        return cls(**{name: getattr(task_list, name) for name in cls.__dataclass_fields__})


def create(
    session: Session,
    actor: User,
    *,
    name: str,
    description: str = "",
    hue: int = 1,
    grouping: Grouping | None = None,
    now: datetime,
) -> TaskList:
    """A new ticket type at the end of its heading, which nobody may use yet."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    task_list = TaskList(
        name=_free_name(session, name),
        description=_description(description),
        hue=_hue(hue),
        grouping=grouping,
        position=(session.scalar(select(func.max(TaskList.position))) or 0) + 1,
        customer_acl=Acl(),
        agent_acl=Acl(),
    )
    session.add(task_list)
    session.flush()
    _write(session, "created", task_list, actor, now)
    return task_list


def describe(
    session: Session,
    actor: User,
    task_list: TaskList,
    *,
    name: str,
    description: str,
    hue: int,
    grouping: Grouping | None,
    now: datetime,
) -> None:
    """Change what a list is called and how it looks."""
    require(session, actor, Level.MANAGE, task_list)
    before = _described(task_list)
    task_list.name = _free_name(session, name, task_list)
    task_list.description = _description(description)
    task_list.hue = _hue(hue)
    task_list.grouping = grouping
    if changes := changed_values(before, _described(task_list)):
        _write(session, "edited", task_list, actor, now, **changes)


def set_rules(
    session: Session, actor: User, task_list: TaskList, rules: Rules, *, now: datetime
) -> None:
    """Change the rules of a ticket's life in this list."""
    require(session, actor, Level.MANAGE, task_list)
    limits = {
        "close_after_days": MOST_DAYS,
        "reopen_within_days": MOST_DAYS,
        "answer_hours": MOST_HOURS,
    }
    problems = {
        name: f"Please enter a number from 0 to {most:,}."
        for name, most in limits.items()
        if not 0 <= getattr(rules, name) <= most
    }
    if problems:
        raise Invalid(**problems)
    before, after = asdict(Rules.of(task_list)), asdict(rules)
    for name, value in after.items():
        setattr(task_list, name, value)
    if task_list.replies_in_calendar != before["replies_in_calendar"]:
        faces.list_changed(session, task_list.id)
    if changes := changed_values(before, after):
        _write(session, "rules", task_list, actor, now, **changes)


def set_access(
    session: Session,
    actor: User,
    task_list: TaskList,
    side: Side,
    levels: Mapping[int, Level],
    *,
    now: datetime,
) -> None:
    """Give these groups these levels on one side of a list; NONE takes a group off it."""
    require(session, actor, Level.MANAGE, task_list)
    if side is Side.CUSTOMERS and not set(levels.values()) <= {Level.NONE, Level.CREATE}:
        raise Invalid(level="Customers can be given the right to ask, and nothing else.")
    acl_id = side.acl_id(task_list)
    access = access_of(session, actor)
    for_oneself = max((levels[group] for group in access.groups & levels.keys()), default=0)
    if for_oneself > level_in(session, actor, acl_id) and not (
        access.manager or access.administrator
    ):
        raise Forbidden("This would give yourself more than you have. Please ask a manager.")
    if changes := acls.put(session, acl_id, levels):
        forget(session)
        _write(session, f"{side}_access", task_list, actor, now, access=changes)


def make_default(session: Session, actor: User, task_list: TaskList, *, now: datetime) -> None:
    """Offer this list first, and to whoever names none."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if task_list.archived:
        raise Invalid("An archived list cannot be the default.")
    if task_list.is_default:
        return
    session.execute(
        update(TaskList)
        .where(TaskList.is_default)
        .values(is_default=False)
        .execution_options(synchronize_session="fetch")
    )
    task_list.is_default = True
    _write(session, "default", task_list, actor, now)


def archive(session: Session, actor: User, task_list: TaskList, *, now: datetime) -> None:
    """Take no more requests in this list; its tickets stay as they are."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if not task_list.archived:
        task_list.archived, task_list.is_default = True, False
        _write(session, "archived", task_list, actor, now)


def restore(session: Session, actor: User, task_list: TaskList, *, now: datetime) -> None:
    """Undo `archive`."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if task_list.archived:
        task_list.archived = False
        _write(session, "restored", task_list, actor, now)


def shift(session: Session, actor: User, task_list: TaskList, *, by: int, now: datetime) -> None:
    """Move a list so many places down, or up, among those under the same heading."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if reordered(beside(session, task_list), task_list, by):
        _write(session, "moved", task_list, actor, now)


def beside(session: Session, task_list: TaskList) -> list[TaskList]:
    """The lists under the same heading, this one among them, in the managers' order."""
    heading = task_list.grouping_id
    return list(
        session.scalars(
            select(TaskList)
            .where(
                TaskList.grouping_id == heading if heading else TaskList.grouping_id.is_(None),
                TaskList.archived == task_list.archived,
            )
            .order_by(TaskList.position, TaskList.name, TaskList.id)
        )
    )


def reordered(items: list[Any], moving: Any, by: int) -> bool:
    """Number the items anew, with one of them elsewhere; False where it is there already."""
    at = items.index(moving)
    to = min(max(at + by, 0), len(items) - 1)
    items.insert(to, items.pop(at))
    for position, item in enumerate(items, start=1):
        item.position = position
    return to != at


def _described(task_list: TaskList) -> dict[str, Any]:
    return {
        "name": task_list.name,
        "description": task_list.description,
        "hue": task_list.hue,
        "grouping": task_list.grouping and task_list.grouping.name,
    }


def _free_name(session: Session, name: str, task_list: TaskList | None = None) -> str:
    name = named(name)
    taken = select(TaskList.id).where(func.lower(TaskList.name) == name.lower())
    if task_list is not None:
        taken = taken.where(TaskList.id != task_list.id)
    if session.scalar(taken.limit(1)) is not None:
        raise Invalid(name="There is a list of this name already.")
    return name


def _description(text: str) -> str:
    text = cleaned(text).strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(description=f"This is longer than {LONGEST_DESCRIPTION:,} characters.")
    return text


def _hue(hue: int) -> int:
    if hue not in HUES:
        raise Invalid(hue="Please choose one of the colours.")
    return hue


def _write(
    session: Session, act: str, task_list: TaskList, actor: User, now: datetime, **changes: Any
) -> None:
    session.flush()
    journal.record(
        session, act, "task_list", task_list.id, actor=actor, at=now, of=task_list.name, **changes
    )
