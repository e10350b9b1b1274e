"""The ticket after, or before, another one in a queue: from it on, however far down it stands."""

from sqlalchemy import case
from sqlalchemy.orm import Session

from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.headings import headings
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
    """Where a ticket stands in the order, by what it is like now."""
    lists, states = asked.wanted_lists, asked.filters.states
    if not lists or not states:
        return None
    if asked.filters.q:
        return Place(0, number, number)
    parts = segments(asked.filters, headings(session, asked))
    if not parts:
        return None
    at = case(*((each.holds, each.number) for each in parts)).label("segment")
    keys = {each.key.key: each.key for each in parts}
    query = of_lists(lists, states, at, *keys.values()).where(Task.id == number)
    row = session.execute(query).first()
    found = next((each for each in parts if row and each.number == row.segment), None)
    return Place.at(found.number, getattr(row, found.key.key), number) if found else None
