"""Groupings: the headings under which task lists stand, set up by managers."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import need
from groupware.errors import Invalid
from groupware.models import Permission, User
from groupware.text import named
from modules.tasks.lists import reordered
from modules.tasks.models import Grouping, TaskList


def named_so(session: Session, actor: User, name: str, *, now: datetime) -> Grouping:
    """The heading of this name, made where there is none."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    name = named(name)
    found = session.scalar(select(Grouping).where(func.lower(Grouping.name) == name.lower()))
    if found is not None:
        return found
    last = session.scalar(select(func.max(Grouping.position))) or 0
    grouping = Grouping(name=name, position=last + 1)
    session.add(grouping)
    session.flush()
    _write(session, "created", grouping, actor, now)
    return grouping


def rename(session: Session, actor: User, grouping: Grouping, *, name: str, now: datetime) -> None:
    """Call a heading something else."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    before, name = grouping.name, named(name)
    taken = select(Grouping.id).where(
        func.lower(Grouping.name) == name.lower(), Grouping.id != grouping.id
    )
    if session.scalar(taken) is not None:
        raise Invalid(name="There is a heading of this name already.")
    if name != before:
        grouping.name = name
        _write(session, "renamed", grouping, actor, now, name=[before, name])


def shift(session: Session, actor: User, grouping: Grouping, *, by: int, now: datetime) -> None:
    """Move a heading, with its lists, so many places down, or up."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    all_of_them = session.scalars(
        select(Grouping).order_by(Grouping.position, Grouping.name, Grouping.id)
    ).all()
    if reordered(list(all_of_them), grouping, by):
        _write(session, "moved", grouping, actor, now)


def delete(session: Session, actor: User, grouping: Grouping, *, now: datetime) -> None:
    """Remove a heading; its lists stand under none then."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    for task_list in session.scalars(select(TaskList).where(TaskList.grouping_id == grouping.id)):
        task_list.grouping = None
    _write(session, "deleted", grouping, actor, now)
    session.delete(grouping)
    session.flush()


def _write(
    session: Session, act: str, grouping: Grouping, actor: User, now: datetime, **changes: Any
) -> None:
    journal.record(
        session, act, "grouping", grouping.id, actor=actor, at=now, of=grouping.name, **changes
    )
