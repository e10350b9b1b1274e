"""How many tickets somebody finds by each of their views: capped, and in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks import search
from modules.tasks.counts import MOST
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked, narrowed
from modules.tasks.saved_views.models import SavedView
from modules.tasks.saved_views.queries import filters_of

MOST_VIEWS = 100


def counted(
    session: Session,
    user: User,
    list_ids: Sequence[int],
    views: Sequence[SavedView],
    now: datetime,
) -> Mapping[int, str]:
    """By a view's id what there is in these lists, which are those that the person works on."""
    arms: list[Any] = []
    for view in views[:MOST_VIEWS]:
        asked = Asked(user.id, list_ids, filters_of(view), now, user.time_zone)
        arms += _arm(session, view.id, asked)
    if not arms:
        return {}
    query: Any = union_all(*arms)
    rows = session.execute(query).all()
    return {row.view: f"{MOST}+" if row.number > MOST else str(row.number or "") for row in rows}


def _arm(session: Session, view_id: int, asked: Asked) -> list[Any]:
    lists, filters = asked.wanted_lists, asked.filters
    if not lists or not filters.states:
        return []
    narrow = narrowed(session, asked, look=False)
    some = of_lists(lists, filters.states, literal(1)).where(*narrow.conditions)
    if narrow.arms:
        some = some.where(or_(*narrow.arms))
    if filters.q:
        wanted = search.parse(filters.q)
        some = some.where(search.found_by_staff(session, wanted, lists))
    some = some.select_from(Task).limit(MOST + 1)
    number = select(func.count()).select_from(some.subquery()).scalar_subquery()
    return [select(literal(view_id).label("view"), number.label("number"))]
