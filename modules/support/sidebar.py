"""The agents' side bar: views and task lists, with what waits in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from flask import g, request
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from groupware.access import access_of
from groupware.live.page import follow
from groupware.models import User
from groupware.module import Item, Section
from groupware.text import number_in
from groupware.web.request import now, services
from groupware.web.shell import nav
from modules.support import showing
from modules.support.filters import MINE, OVERDUE, PATH, UNASSIGNED, VIEWS, address, asked_for
from modules.tasks.counts import NOTHING, Counted, Counts, Listed, counts, listed
from modules.tasks.live import of_list
from modules.tasks.queries import ANYBODY
from modules.tasks.queue.filters import Filters
from modules.tasks.saved_views import SavedView, counted, visible_views

RECENT = "/support/recent"
COUNTED_AT_ONCE = 8
"""Saved views whose numbers a page waits for; those of the others are asked for afterwards."""
MOST_SHOWN = 50
"""So many saved views stand in the side bar; a page of their own has more."""


@dataclass(frozen=True)
class Waiting:
    """The lists that somebody works on, and what waits there."""

    lists: Sequence[Listed]
    counts: Counts

    def of(self, filters: Filters) -> Counted:
        """How many a view has; nothing for what is not counted."""
        number = filters.only("list")
        if number and filters == Filters.of(list=number):
            return self.counts.lists.get(number, NOTHING)
        return {
            Filters(): self.counts.active,
            MINE: self.counts.mine,
            UNASSIGNED: self.counts.unassigned,
            OVERDUE: self.counts.overdue,
        }.get(filters, NOTHING)


def look(session: Session, user: User, lists: Sequence[Listed], at: datetime) -> Waiting:
    """Count what waits, once for a page."""
    g.waiting = Waiting(lists, counts(session, user, [each.id for each in lists], at))
    return g.waiting  # type: ignore[no-any-return]


def sections(session: Session, user: User) -> Sequence[Section]:
    """For the module's declaration; empty for who is no agent."""
    if not access_of(session, user).agent:
        return []
    waiting = g.get("waiting") or look(session, user, listed(session, user), now())
    here = _shown_now()
    for each in waiting.lists:
        follow("list", each.id, of_list(each.change_number))
    views = [
        Item(name, address(view), icon, count=str(waiting.of(view)), current=view == here)
        for view, (name, icon) in VIEWS.items()
    ]
    here_is_recent = request.path == RECENT
    views.append(Item("Recently viewed", RECENT, "history", current=here_is_recent))
    lists = [
        Item(
            each.name,
            address(view),
            hue=each.hue,
            count=str(waiting.of(view)),
            current=view == here,
        )
        for each in waiting.lists
        if (view := Filters.of(list=each.id)) and (not each.archived or str(waiting.of(view)))
    ]
    found = [Section("", views), *([Section("Task lists", lists)] if lists else [])]
    found.append(Section("Saved views", _saved(session, user, waiting), "/support/views"))
    access = access_of(session, user)
    places = list(nav())
    if access.manager or access.administrator:
        places.append(Item("Settings", "/settings", "settings"))
    return [*found, Section("", places)] if places else found


def saved(session: Session, user: User) -> Sequence[SavedView]:
    """The views that somebody has, asked once for a page."""
    if "saved_views" not in g:
        g.saved_views = session.scalars(_visible(), {"reader": user.id}).all()
    return g.saved_views  # type: ignore[no-any-return]


@cache
def _visible() -> Select[SavedView]:
    return visible_views(ANYBODY).limit(MOST_SHOWN)


def numbers(
    session: Session, user: User, lists: Sequence[Listed], views: Sequence[SavedView]
) -> Mapping[int, str]:
    """How many tickets there are in these views: counted once while the lists do not change."""
    if not views:
        return {}
    ids = tuple(each.id for each in lists)
    key = (user.id, user.time_zone, ids, *((view.id, view.query) for view in views))
    changes = tuple(each.change_number for each in lists)
    return services().lately.found(key, changes, lambda: counted(session, user, ids, views, now()))


def _saved(session: Session, user: User, waiting: Waiting) -> list[Item]:
    views = saved(session, user)
    there = numbers(session, user, waiting.lists, views[:COUNTED_AT_ONCE])
    here = number_in(request.args.get("view", "")) if request.path in showing.PATHS else None
    return [
        Item(
            view.name,
            showing.opened(view),
            "star",
            hue=view.hue,
            count=there.get(view.id, ""),
            current=view.id == here,
        )
        for view in views
    ]


def _shown_now() -> Filters | None:
    if request.path != PATH or request.args.get("view"):
        return None
    try:
        return asked_for().view
    except BadRequest:
        return None
