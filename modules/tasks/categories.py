"""Categories: words that staff put on tickets, set up by managers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import need
from groupware.errors import Invalid
from groupware.models import Permission, User
from groupware.people import changed_values
from groupware.text import named
from modules.tasks import faces
from modules.tasks.models import Category, TaskList

HUES = range(1, 13)


def create(
    session: Session,
    actor: User,
    *,
    name: str,
    hue: int = 1,
    task_lists: Collection[TaskList] = (),
    now: datetime,
) -> Category:
    """A new category, of these lists; without any, of all."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    category = Category(name=_free_name(session, name), hue=_hue(hue))
    category.task_lists = list(task_lists)
    session.add(category)
    session.flush()
    _write(session, "created", category, actor, now)
    return category


def edit(
    session: Session,
    actor: User,
    category: Category,
    *,
    name: str,
    hue: int,
    task_lists: Collection[TaskList],
    now: datetime,
) -> None:
    """Change a category; tickets that have it keep it, also in lists it is no longer meant for."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    before = _values(category)
    category.name, category.hue = _free_name(session, name, category), _hue(hue)
    if set(category.task_lists) != set(task_lists):
        category.task_lists = list(task_lists)
    if category.name != before["name"]:
        faces.category_renamed(session, category)
    if changes := changed_values(before, _values(category)):
        _write(session, "edited", category, actor, now, **changes)


def archive(session: Session, actor: User, category: Category, *, now: datetime) -> None:
    """Offer a category no more; tickets that have it keep it."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if not category.archived:
        category.archived = True
        _write(session, "archived", category, actor, now)


def restore(session: Session, actor: User, category: Category, *, now: datetime) -> None:
    """Undo `archive`."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if category.archived:
        category.archived = False
        _write(session, "restored", category, actor, now)


def _values(category: Category) -> dict[str, Any]:
    return {
        "name": category.name,
        "hue": category.hue,
        "task_lists": sorted(task_list.name for task_list in category.task_lists),
    }


def _free_name(session: Session, name: str, category: Category | None = None) -> str:
    name = named(name, most=100)
    taken = select(Category.id).where(func.lower(Category.name) == name.lower())
    if category is not None:
        taken = taken.where(Category.id != category.id)
    if session.scalar(taken.limit(1)) is not None:
        raise Invalid(name="There is a category of this name already.")
    return name


def _hue(hue: int) -> int:
    if hue not in HUES:
        raise Invalid(hue="Please choose one of the colours.")
    return hue


def _write(
    session: Session, act: str, category: Category, actor: User, now: datetime, **changes: Any
) -> None:
    session.flush()
    journal.record(
        session, act, "category", category.id, actor=actor, at=now, of=category.name, **changes
    )
