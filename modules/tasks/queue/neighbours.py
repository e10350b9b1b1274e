"""The ticket after, or before, another one in a queue: from it on, however far down it stands."""

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.paging import cut
from modules.tasks.queue.segments import Place, segments

FAR = 50


def neighbour(session: Session, asked: Asked, number: int, *, back: bool = False) -> int | None:
    """The number of the next ticket, or of the one before; None at the end.

    After a ticket that is not in the queue, or no more, comes the queue's first.
    """
    place = _place(session, asked, number)
    if place is None:
        first = [] if back else cut(session, asked, most=2).numbers
        return next((each for each in first if each != number), None)
    if back:  # a first page begins at the beginning, and holds this one too
        above = list(cut(session, asked, before=place, most=FAR).numbers)
        above = above[: above.index(number)] if number in above else above
        return above[-1] if above else None
    found = cut(session, asked, after=place, most=1)
    return found.numbers[0] if found.newer else None


def _place(session: Session, asked: Asked, number: int) -> Place | None:
    """Where a ticket stands in the order, by what it is like now; one statement."""
    lists = asked.wanted_lists
    if not lists:
        return None
    if asked.filters.q:
        return Place(0, number, number)
    parts = []
    for at, segment in enumerate(segments(asked.filters)):
        columns = (literal(at).label("segment"), segment.key.label("key"))
        part = of_lists(lists, (segment.state,), *columns).where(Task.id == number)
        parts.append(part if segment.condition is None else part.where(segment.condition))
    if not parts:
        return None
    whole = parts[0] if len(parts) == 1 else union_all(*(select(p.subquery()) for p in parts))
    row = session.execute(whole).first()
    return Place.at(row.segment, row.key, number) if row else None
