"""Under which headings a queue's tickets stand, in their order."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import Task
from modules.tasks.people import assignees_in
from modules.tasks.queries import unassigned
from modules.tasks.queue.conditions import Asked, Narrowed
from modules.tasks.queue.filters import GroupBy
from modules.tasks.queue.segments import Heading, Place, bands

NOBODY = 0


def headings(
    session: Session, asked: Asked, narrow: Narrowed | None = None, place: Place | None = None
) -> Sequence[Heading]:
    """The headings of these filters: at most as many as there are states, urgencies, lists or
    people with a ticket there; the heading of the place where a page begins is among them.
    """
    filters, states = asked.filters, asked.filters.states
    match filters.grouped:
        case GroupBy.STATUS:
            return [Heading(state.phase, (state,)) for state in states]
        case GroupBy.URGENCY:
            return [Heading(band, states, Task.band == band, band=band) for band in bands(filters)]
        case GroupBy.LIST:
            return [Heading(each, states, list_id=each) for each in asked.wanted_lists]
        case GroupBy.ASSIGNEE:
            people = _assignees(session, asked, narrow, place)
            return [
                Heading(NOBODY, states, unassigned()),
                *(Heading(each, states, Task.assignee_id == each, leads=True) for each in people),
            ]
        case GroupBy.NONE:
            return [Heading(0, states)]


def _assignees(
    session: Session, asked: Asked, narrow: Narrowed | None, place: Place | None
) -> Sequence[int]:
    """Who has one of these tickets: oneself first, then by name."""
    if not asked.wanted_lists or not asked.filters.states:
        return []
    also = place.heading if place else NOBODY
    conditions = narrow.all_of_them if narrow else []
    query = assignees_in(asked.wanted_lists, asked.filters.states, *conditions, also=also)
    people = session.execute(query.with_only_columns(User.id, User.name)).all()
    known = sorted(
        people, key=lambda each: (each.id != asked.user_id, each.name.casefold(), each.id)
    )
    return [each.id for each in known]
