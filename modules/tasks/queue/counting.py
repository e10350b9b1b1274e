"""How many tickets one finds by this or that: capped, and in one statement."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from modules.tasks import search
from modules.tasks.counts import MOST
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked, narrowed


def how_many(session: Session, asked: Mapping[int, Asked]) -> Mapping[int, str]:
    """By the same numbers what there is, as it is shown: nothing for none, `1000+` for more."""
    arms = [arm for number, each in asked.items() for arm in _arm(session, number, each)]
    if not arms:
        return {}
    query: Any = union_all(*arms)
    rows = session.execute(query).all()
    return {row.what: f"{MOST}+" if row.number > MOST else str(row.number or "") for row in rows}


def _arm(session: Session, what: int, asked: Asked) -> list[Any]:
    lists, filters = asked.wanted_lists, asked.filters
    if not lists or not filters.states:
        return []
    narrow = narrowed(session, asked, look=False)
    some = of_lists(lists, filters.states, literal(1)).where(*narrow.all_of_them)
    if filters.q:
        wanted = search.parse(filters.q)
        some = some.where(search.found_by_staff(session, wanted, lists))
    some = some.select_from(Task).limit(MOST + 1)
    number = select(func.count()).select_from(some.subquery()).scalar_subquery()
    return [select(literal(what).label("what"), number.label("number"))]
