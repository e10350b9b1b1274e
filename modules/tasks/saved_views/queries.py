"""Which views somebody has, and what they find by them."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, and_, false, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Level, User
from groupware.sharing import shared_with
from modules.tasks import search
from modules.tasks.models import Task
from modules.tasks.queries import in_states, worked_by
from modules.tasks.queue.asking import ask
from modules.tasks.queue.conditions import Asked, narrowed
from modules.tasks.queue.filters import Filters, GroupBy
from modules.tasks.queue.typed import parse
from modules.tasks.saved_views.models import SavedView, ViewPlace

MOST = 100
"""So many views are shown to somebody; they may have more."""


def visible_views(user: User, level: Level = Level.READ) -> Select[SavedView]:
    """Views that the person may use, or change, in the order in which they have them."""
    place = and_(ViewPlace.view_id == SavedView.id, ViewPlace.user_id == user.id)
    return (
        select(SavedView)
        .outerjoin(ViewPlace, place)
        .where(shared_with(user, SavedView.acl_id, level))
        .order_by(ViewPlace.position.is_(None), ViewPlace.position, SavedView.name, SavedView.id)
    )


def filters_of(view: SavedView) -> Filters:
    """What a view looks for, in its order."""
    group = GroupBy(view.grouping)
    return replace(_kept(view.query), group=None if group == GroupBy.STATUS else group)


def asked_by_view(
    session: Session, user: User, view: SavedView, now: datetime, like: Filters | None = None
) -> Asked:
    """What this person asks for by a view that they may use: their own lists, their own *me*.

    It is arranged as `like` says, where that says anything.
    """
    return ask(session, user, filters_of(view).arranged(like or Filters()), now)


def tickets_of(session: Session, user: User, view: SavedView, now: datetime) -> Select[Task]:
    """The tickets that this person finds by a view, in no order: for feeds and exports."""
    return tickets_found(session, user, asked_by_view(session, user, view, now))


def tickets_found(session: Session, user: User, asked: Asked) -> Select[Task]:
    """The tickets that the person finds by what they ask, in no order."""
    lists, filters = asked.wanted_lists, asked.filters
    if not lists or not filters.states:
        return worked_by(user).where(false())
    narrow = narrowed(session, asked)
    found = worked_by(user).where(
        Task.task_list_id.in_(lists), in_states(filters.states), *narrow.all_of_them
    )
    if filters.q:
        found = found.where(search.found_by_staff(session, search.parse(filters.q), lists))
    return found


@lru_cache(1024)
def _kept(text: str) -> Filters:
    """A view's text, whose names are numbers; what can no longer be read looks for nothing else."""
    try:
        return parse(text, _number)
    except Invalid:
        return Filters(text.replace(":", " "))


def _number(kind: str, name: str) -> tuple[int, ...]:
    if not name.isdigit():
        raise Invalid(q=f"{kind}: {name}")
    return (int(name),)
