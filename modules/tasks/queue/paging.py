"""A page of the queue: which tickets, in which order, from where on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, or_, select, union_all
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from modules.tasks import search
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import MOST_ARMS, Asked, Narrowed, narrowed
from modules.tasks.queue.segments import NOWHERE, Place, Segment, segments

PAGE = 50


@dataclass(frozen=True)
class Cut:
    """The numbers of a page's tickets in their order, and where its neighbours begin."""

    numbers: Sequence[int]
    newer: Place | None = None  # the page before this place
    older: Place | None = None  # the page after this place


def cut(
    session: Session,
    asked: Asked,
    *,
    after: Place | None = None,
    before: Place | None = None,
    most: int | None = None,
) -> Cut:
    """The page after, or before, a place; the first one without either."""
    most = most or PAGE
    lists = asked.wanted_lists
    if not lists or not asked.filters.states:
        return Cut(())
    place, back = (before, True) if before else (after, False)
    narrow = narrowed(session, asked)
    look = _searched if asked.filters.q else _listed
    found = look(session, asked, narrow, lists, place, back=back, most=most)
    more, found = len(found) > most, found[:most]
    if place and (not found or (back and not more)):
        return cut(session, asked, most=most)  # the first page begins at the beginning, and is full
    if back:
        found.reverse()
    return Cut(
        [one.number for one in found],
        newer=found[0] if place else None,
        older=found[-1] if more or back else None,
    )


def _listed(
    session: Session,
    asked: Asked,
    narrow: Narrowed,
    lists: Sequence[int],
    place: Place | None,
    *,
    back: bool,
    most: int,
) -> list[Place]:
    numbered = list(enumerate(segments(asked.filters)))
    if place:
        if place.segment >= len(numbered):
            raise Invalid(place=NOWHERE)
        numbered = numbered[: place.segment + 1] if back else numbered[place.segment :]
    if back:
        numbered.reverse()
    sqlite = session.get_bind().dialect.name == "sqlite"
    found: list[Place] = []
    # The first segment alone fills the page of a desk where much waits; else the others follow.
    for some in (numbered[:1], numbered[1:]):
        if not some or len(found) > most:
            break
        walks = [
            _walk(
                lists,
                narrow,
                number,
                segment,
                place if place and place.segment == number else None,
                down=segment.descending != back,
                sqlite=sqlite,
                most=most,
            )
            for number, segment in some
        ]
        whole: Any = walks[0]
        if len(walks) > 1:
            whole = union_all(*(select(walk.subquery()) for walk in walks))
        # Each segment comes sorted; only they themselves have to be put in order.
        order = [number for number, _ in some]
        rows = sorted(session.execute(whole).all(), key=lambda row: order.index(row.segment))
        found += [Place.at(row.segment, row.key, row.id) for row in rows]
    return found[: most + 1]


def _walk(
    lists: Sequence[int],
    narrow: Narrowed,
    number: int,
    segment: Segment,
    place: Place | None,
    *,
    down: bool,
    sqlite: bool,
    most: int,
) -> Any:
    """The next tickets of a segment: list by list, merged, or all lists at once."""
    conditions = list(narrow.conditions)
    if segment.condition is not None:
        conditions.append(segment.condition)
    if place:
        conditions.append(segment.past(place, down=down))
    columns = (literal(number).label("segment"), Task.id, segment.key.label("key"))
    arms: list[Any]
    if narrow.arms:
        whole = of_lists(lists, (segment.state,), *columns).where(*conditions)
        arms = [whole.where(each) for each in narrow.arms]
    else:  # of more lists than a few, the index over all of them is walked
        some = [[each] for each in lists] if len(lists) <= MOST_ARMS else [lists]
        arms = [of_lists(each, (segment.state,), *columns).where(*conditions) for each in some]
    if len(arms) == 1:
        return _next(arms[0], (segment.key, Task.id), down=down, most=most)
    if not sqlite:  # which merges sorted arms of itself; PostgreSQL does where they say their order
        arms = [
            select(_next(arm, (segment.key, Task.id), down=down, most=most).subquery())
            for arm in arms
        ]
    merged = union_all(*arms)
    return _next(
        merged, [merged.selected_columns[name] for name in ("key", "id")], down=down, most=most
    )


def _next(query: Any, order: Sequence[Any], *, down: bool, most: int) -> Any:
    return query.order_by(*(each.desc() if down else each.asc() for each in order)).limit(most + 1)


def _searched(
    session: Session,
    asked: Asked,
    narrow: Narrowed,
    lists: Sequence[int],
    place: Place | None,
    *,
    back: bool,
    most: int,
) -> list[Place]:
    numbers = search.hits(
        session,
        search.parse(asked.filters.q),
        lists,
        asked.filters.states,
        *narrow.conditions,
        *([or_(*narrow.arms)] if narrow.arms else ()),
        marks=narrow.marks,
        beyond=place.number if place else None,
        upwards=back,
        most=most + 1,
    )
    return [Place(0, number, number) for number in numbers]
