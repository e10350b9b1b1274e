"""Which feeds somebody can have, and the tickets of one."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from groupware import tokens
from groupware.access import access_of
from groupware.errors import NotFound
from groupware.models import Location, TokenKind, User
from modules.tasks import saved_views
from modules.tasks.icalendar.alarms import chosen
from modules.tasks.icalendar.facts import Face
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import active, own_of, worked_by
from modules.tasks.queue.asking import ask
from modules.tasks.queue.filters import Filters, Whose
from modules.tasks.saved_views import SavedView
from modules.tasks.saved_views.queries import MOST as MOST_VIEWS

MOST = 2_000
"""So many tickets a feed has, the newest; calendars read all of it each time."""

REQUESTS, OPEN, VIEW = "requests", "open", "view:"
BUILT_IN = {
    "mine": ("Assigned to me", Filters.of(assignee=Whose.MINE)),
    "unassigned": ("Unassigned", Filters.of(assignee=Whose.NOBODY)),
    OPEN: ("All open tickets", Filters()),
}


@dataclass(frozen=True)
class Feed:
    """A feed that its person can have now, and what it finds for them."""

    value: str
    name: str
    face: Face
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Content:
    """The tickets of a feed at one moment, by number, and a mark that changes with any of them."""

    numbers: Sequence[int]
    mark: str

    def queries(self, user: User, feed: Feed) -> Iterator[Select[Task]]:
        """The tickets, some at a time: still only those that the person may see."""
        for at in range(0, len(self.numbers), 200):
            yield _visible(user, feed).where(Task.id.in_(self.numbers[at : at + 200]))


def feeds_of(session: Session, user: User) -> list[Feed]:
    """Every feed that the person can have."""
    access = access_of(session, user)
    found: list[Feed] = []
    if access.agent:
        found += [Feed(value, *_said(value)) for value in BUILT_IN]
        views = session.scalars(saved_views.visible_views(user).limit(MOST_VIEWS))
        found += [_of_view(view) for view in views]
    if access.customer:
        found.append(Feed(REQUESTS, "My requests", Face.CUSTOMER))
    return found


def feed_of(session: Session, user: User, value: str) -> Feed:
    """The feed of this name, as the person has it now; raises NotFound where they have it no more.

    One that was made without a name is what its person would look at first.
    """
    access = access_of(session, user)
    value = value or (OPEN if access.agent else REQUESTS)
    if value == REQUESTS and access.customer:
        return Feed(REQUESTS, "My requests", Face.CUSTOMER)
    if value in BUILT_IN and access.agent:
        return Feed(value, *_said(value))
    number = value.removeprefix(VIEW)
    if value.startswith(VIEW) and number.isascii() and number.isdigit() and access.agent:
        views = saved_views.visible_views(user).where(SavedView.id == int(number))
        if view := session.scalar(views):
            return _of_view(view)
    raise NotFound


def give(session: Session, actor: User, value: str, *, now: datetime) -> tuple[Feed, str]:
    """A new secret address of a feed of one's own; it is shown this once."""
    feed = feed_of(session, actor, value)
    secret = tokens.give(
        session, actor, actor, TokenKind.FEED, name=feed.name, value=feed.value, now=now
    )
    return feed, secret


def content_of(session: Session, user: User, feed: Feed, now: datetime) -> Content:
    """What a feed has now: numbers and stamps, no text."""
    agents = feed.face is Face.AGENT
    stamp = Task.change_number if agents else Task.public_modified
    if agents:
        query = saved_views.tickets_found(session, user, ask(session, user, feed.filters, now))
    else:
        query = own_of(user).where(active())
    columns = (Task.id, stamp, Task.priority, Task.task_list_id, Task.location_id)
    newest = query.order_by(None).with_only_columns(*columns)
    rows = session.execute(newest.order_by(Task.id.desc()).limit(MOST)).all()
    lists = select(TaskList.id, TaskList.faces_changed)
    looks = session.execute(lists.where(TaskList.id.in_({row[3] for row in rows}))).all()
    places = select(Location.id, Location.name)
    names = session.execute(places.where(Location.id.in_({row[4] for row in rows}))).all()
    alarm = chosen(user)
    said = "\n".join(
        [
            feed.value,
            feed.name,
            alarm.mark if alarm else "",
            *(repr(tuple(each)) for each in (*sorted(looks), *sorted(names), *rows)),
        ]
    )
    return Content(sorted(row[0] for row in rows), hashlib.sha256(said.encode()).hexdigest()[:32])


def _visible(user: User, feed: Feed) -> Select[Task]:
    return worked_by(user) if feed.face is Face.AGENT else own_of(user)


def _said(value: str) -> tuple[str, Face, Filters]:
    name, filters = BUILT_IN[value]
    return name, Face.AGENT, filters


def _of_view(view: SavedView) -> Feed:
    return Feed(f"{VIEW}{view.id}", view.name, Face.AGENT, saved_views.filters_of(view))
