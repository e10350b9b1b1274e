"""A page of the queue: which tickets, in which order, from where on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from modules.tasks import search
from modules.tasks.models import Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.conditions import MOST_ARMS, Asked, Narrowed, narrowed
from modules.tasks.queue.filters import GroupBy
from modules.tasks.queue.headings import headings
from modules.tasks.queue.segments import NOWHERE, Place, Segment, segments

PAGE = 50
MOST_WALKS = 60
"""Walks along an index that one statement makes: for short segments, another one follows."""


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
    following = list(segments(asked.filters, headings(session, asked, narrow, place)))
    if place:
        at = next((n for n, each in enumerate(following) if each.number == place.segment), None)
        if at is None and asked.filters.grouped in (GroupBy.LIST, GroupBy.ASSIGNEE):
            return []  # what stood together there is gone
        if at is None:
            raise Invalid(place=NOWHERE)
        following = following[: at + 1] if back else following[at:]
    if back:
        following.reverse()
    sqlite = session.get_bind().dialect.name == "sqlite"
    found: list[Place] = []
    # The first segment alone fills the page of a desk where much waits; else the others follow.
    most_walks = 1
    while following and len(found) <= most:
        walks: list[Any] = []
        order: list[int] = []
        many = 0
        while following and many < most_walks:
            segment = following.pop(0)
            from_there = place if place and place.segment == segment.number else None
            down = segment.descending != back
            arms = _arms(lists, narrow, segment, from_there, down=down)
            walks.append(_merged(arms, segment, down=down, sqlite=sqlite, most=most))
            order.append(segment.number)
            many += len(arms)
        whole: Any = walks[0]
        if len(walks) > 1:
            whole = union_all(*(select(walk.subquery()) for walk in walks))
        # Each segment comes sorted; only they themselves have to be put in order.
        rows = sorted(session.execute(whole).all(), key=lambda row: order.index(row.segment))
        found += [Place.at(row.segment, row.key, row.id) for row in rows]
        most_walks = MOST_WALKS
    return found[: most + 1]


def _arms(
    lists: Sequence[int], narrow: Narrowed, segment: Segment, place: Place | None, *, down: bool
) -> list[Any]:
    """The walks that give a segment's tickets: state by state, list by list or all lists at once."""
    conditions = [*narrow.conditions, *segment.conditions]
    if place:
        conditions.append(segment.past(place, down=down))
    columns = (literal(segment.number).label("segment"), Task.id, segment.key.label("key"))
    heading = segment.heading
    some: Sequence[Sequence[int]] = [lists]
    if heading.list_id is not None:
        some = [[heading.list_id]]
    elif not narrow.arms and not heading.leads and len(lists) <= MOST_ARMS:
        some = [[each] for each in lists]
    # Of more lists than a few, the index over all of them is walked.
    wholes = [
        of_lists(each, (state,), *columns).where(*conditions)
        for each in some
        for state in heading.states
    ]
    return [whole.where(arm) for whole in wholes for arm in narrow.arms] or wholes


def _merged(arms: list[Any], segment: Segment, *, down: bool, sqlite: bool, most: int) -> Any:
    """The next tickets of these walks, in their order."""
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
        *narrow.all_of_them,
        marks=narrow.marks,
        beyond=place.number if place else None,
        upwards=back,
        most=most + 1,
    )
    return [Place(0, number, number) for number in numbers]
