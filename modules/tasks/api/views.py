"""Saved views: what an agent looks at again and again; `GET /tickets?view=` finds by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from groupware.api import UNSET, Id, Made, Noun, Page, Paging, Ref, Says, Unset, page_of
from groupware.models import Level
from groupware.sharing import CHANGE
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    session,
)
from modules.tasks.api import sharing
from modules.tasks.api.access_lists import Access, AccessChange
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by
from modules.tasks.queue.asking import understood
from modules.tasks.queue.choices import choices
from modules.tasks.queue.filters import Filters, GroupBy
from modules.tasks.saved_views import counting, managing
from modules.tasks.saved_views.managing import Wish
from modules.tasks.saved_views.models import Mode, SavedView
from modules.tasks.saved_views.queries import filters_of, visible_views

nouns = Noun("views", "Saved views of the queue: one's own, and those that are shared with one.")

Name = Annotated[str, Says("What it is called.", least=1, most=100, example="My overdue ones")]
Query = Annotated[
    str,
    Says("Words and terms, as in the search field.", most=200, example="assignee:me due:overdue"),
]
Hue = Annotated[int, Says("One of 12 colours; 0 is a star.", least=0, most=12)]
Columns = Annotated[list[str], Says("What the queue shows; empty: the usual.", most=20)]
Group = Annotated[GroupBy, Says("What stands together; within it the order of the query.")]
Opens = Annotated[Mode, Says("How the queue opens it.")]


@dataclass(frozen=True)
class View:
    """A saved view."""

    id: int
    name: str
    query: Annotated[str, Says("What it looks for; names are written as numbers.")]
    hue: int
    columns: list[str]
    group: Group
    mode: Opens
    owner: Ref | None
    permissions: Annotated[list[str], Says("`change` where the reader may.")]


@dataclass(frozen=True)
class NewView:
    """What a view is made of."""

    name: Name
    query: Query = ""
    hue: Hue = 0
    columns: Columns | Unset = UNSET
    group: Group = GroupBy.STATUS
    mode: Opens = Mode.LIST


@dataclass(frozen=True)
class ViewChange:
    """What becomes of a view; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    query: Query | Unset = UNSET
    hue: Hue | Unset = UNSET
    columns: Columns | Unset = UNSET
    group: Group | Unset = UNSET
    mode: Opens | Unset = UNSET


@dataclass(frozen=True)
class Order:
    """One's own order of the views."""

    views: Annotated[list[Id], Says("These come first, the others follow by name.", most=200)]


@dataclass(frozen=True)
class Count:
    """How many there are; `more` says that these are only as many as were counted."""

    number: int
    more: bool


@nouns.get("/views")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: Paging) -> Page[View]:
    """The views that one may use."""
    return page_of(session(), visible_views(actor()), query, SavedView.id, show=_shown)


@nouns.post("/views")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def create(body: NewView) -> Made[View]:
    """Save a view, which is one's own alone until it is shared."""
    columns = [] if isinstance(body.columns, Unset) else body.columns
    filters = replace(_filters(body.query), group=body.group)
    wish = Wish(body.name, filters, body.hue, columns, body.mode)
    made = managing.save(session(), actor(), wish, now=now())
    return Made(_shown([made])[0], f"/api/v1/views/{made.id}")


@nouns.post("/views/order")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def order(body: Order) -> None:
    """Put the views in one's own order, as the side bar shows them."""
    managing.put_in_order(session(), actor(), body.views)


@nouns.get("/views/<int:view_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(view_id: int) -> View:
    """A view."""
    return _shown([_view(view_id)])[0]


@nouns.patch("/views/<int:view_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(view_id: int, body: ViewChange) -> View:
    """Change a view, for all who use it."""
    row = _view(view_id)
    filters = filters_of(row) if isinstance(body.query, Unset) else _filters(body.query)
    group = GroupBy(row.grouping) if isinstance(body.group, Unset) else body.group
    wish = Wish(
        row.name if isinstance(body.name, Unset) else body.name,
        replace(filters, group=group),
        row.hue if isinstance(body.hue, Unset) else body.hue,
        row.columns if isinstance(body.columns, Unset) else body.columns,
        Mode(row.mode) if isinstance(body.mode, Unset) else body.mode,
    )
    managing.change(session(), actor(), row, wish, now=now())
    return _shown([row])[0]


@nouns.delete("/views/<int:view_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(view_id: int) -> None:
    """Take a view away, from everybody."""
    managing.delete(session(), actor(), _view(view_id), now=now())


@nouns.get("/views/<int:view_id>/count")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def count(view_id: int) -> Count:
    """How many tickets one finds by a view now."""
    lists = list(session().scalars(lists_worked_by(actor()).with_only_columns(TaskList.id)))
    view = _view(view_id)
    there = counting.counted(session(), actor(), lists, [view], now()).get(view.id, "")
    return Count(int(there.rstrip("+") or 0), there.endswith("+"))


@nouns.get("/views/<int:view_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def access(view_id: int) -> Access:
    """Who uses a view (`read`) and who may change it (`manage`); for the latter."""
    return sharing.shown(_view(view_id))


@nouns.patch("/views/<int:view_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def share(view_id: int, body: AccessChange) -> Access:
    """Share a view; somebody must be left who may change it."""
    row = _view(view_id)
    managing.share(session(), actor(), row, sharing.wanted(row, body), now=now())
    return sharing.shown(row)


def _view(view_id: int) -> SavedView:
    return one(visible_views(actor()).where(SavedView.id == view_id))


def _filters(text: str) -> Filters:
    return understood(session(), choices(session(), actor()), Filters(text))


def _shown(rows: Sequence[SavedView]) -> list[View]:
    ids = [each.id for each in rows]
    changeable = visible_views(actor(), Level(CHANGE)).where(SavedView.id.in_(ids))
    mine = set(session().scalars(changeable.order_by(None).with_only_columns(SavedView.id)))
    return [
        View(
            each.id,
            each.name,
            each.query,
            each.hue,
            list(each.columns),
            GroupBy(each.grouping),
            Mode(each.mode),
            Ref(each.owner.id, each.owner.name) if each.owner else None,
            ["change"] if each.id in mine else [],
        )
        for each in rows
    ]
