"""Everything that a queue would show, page after page: for acts on a whole view."""

from dataclasses import replace

from sqlalchemy import or_
from sqlalchemy.orm import Session

from modules.tasks import search
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked, narrowed
from modules.tasks.queue.filters import Sort


def whole(session: Session, asked: Asked, most: int) -> list[int]:
    """The numbers of all tickets that these filters leave, up to so many; in no order."""
    # Sorted so, no order says a part of what is asked for; see `narrowed`.
    filters = asked.filters if asked.filters.q else replace(asked.filters, sort=Sort.NUMBER)
    asked = replace(asked, filters=filters)
    lists = asked.wanted_lists
    if not lists or not filters.states:
        return []
    narrow = narrowed(session, asked)
    conditions = [*narrow.conditions, *([or_(*narrow.arms)] if narrow.arms else ())]
    if filters.q:
        words = search.parse(filters.q)
        return list(
            search.hits(
                session, words, lists, filters.states, *conditions, marks=narrow.marks, most=most
            )
        )
    query = of_lists(lists, filters.states, Task.id).where(*conditions)
    return list(session.scalars(query.limit(most)))
