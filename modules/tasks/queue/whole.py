"""Everything that a queue would show, page after page: for acts on a whole view."""

from sqlalchemy.orm import Session

from modules.tasks import search
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked, narrowed


def whole(session: Session, asked: Asked, most: int) -> list[int]:
    """The numbers of all tickets that these filters leave, up to so many; in no order."""
    lists, filters = asked.wanted_lists, asked.filters
    if not lists or not filters.states:
        return []
    narrow = narrowed(session, asked)
    conditions = narrow.all_of_them
    if filters.q:
        words = search.parse(filters.q)
        return list(
            search.hits(
                session, words, lists, filters.states, *conditions, marks=narrow.marks, most=most
            )
        )
    query = of_lists(lists, filters.states, Task.id).where(*conditions)
    return list(session.scalars(query.limit(most)))
