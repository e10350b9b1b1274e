"""Tickets may come to look different in calendars though nothing is done to them: by names.

A few tickets take their list's next change number; of many, their lists say with which number all
of them changed. Nothing else of them moves: no stamp, no sequence, no history.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from groupware.events import Event, Handler, PersonChanged
from groupware.models import Location
from modules.tasks.history import next_change
from modules.tasks.models import Category, Participant, Task, TaskList, task_categories
from modules.tasks.queries import numbers_where

MOST_TOUCHED = 2_000


def category_renamed(session: Session, category: Category) -> None:
    """The tickets that have this category say its new name."""
    having = select(task_categories.c.task_id)
    _touch(session, Task.id.in_(having.where(task_categories.c.category_id == category.id)))


def location_renamed(session: Session, location: Location) -> None:
    """The tickets of this location say its new name."""
    _touch(session, Task.location_id == location.id)


def person_changed(session: Session, event: PersonChanged) -> None:
    """Handler: the tickets that name this person do it otherwise."""
    session.flush()
    part = select(Participant.task_id).where(Participant.user_id == event.person.id)
    _touch(session, or_(Task.assignee_id == event.person.id, Task.id.in_(part)))


def list_changed(session: Session, task_list_id: int) -> None:
    """Every ticket of this list looks different."""
    number = next_change(session, task_list_id)
    changed = update(TaskList).where(TaskList.id == task_list_id).values(faces_changed=number)
    session.execute(changed.execution_options(synchronize_session=False))


def _touch(session: Session, which: ColumnElement[bool]) -> None:
    found = session.execute(numbers_where(which).limit(MOST_TOUCHED + 1)).all()
    if len(found) > MOST_TOUCHED:
        lists = select(TaskList.id).where(
            TaskList.id.in_(numbers_where(which).with_only_columns(Task.task_list_id))
        )
        for list_id in session.scalars(lists.order_by(TaskList.id)).all():
            list_changed(session, list_id)
        return
    by_list: defaultdict[int, list[int]] = defaultdict(list)
    for ticket_id, list_id in found:
        by_list[list_id].append(ticket_id)
    for list_id, ids in sorted(by_list.items()):
        changed = update(Task).where(Task.id.in_(ids))
        session.execute(
            changed.values(change_number=next_change(session, list_id)).execution_options(
                synchronize_session=False
            )
        )


HANDLERS: Mapping[type[Event], tuple[Handler, ...]] = {PersonChanged: (person_changed,)}
"""For the module's declaration."""
