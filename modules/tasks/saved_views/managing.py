"""To save views, change, copy, share and delete them, and to put them in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete as deletion
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import journal, sharing
from groupware.access import access_of
from groupware.errors import Forbidden, Invalid
from groupware.models import Level, User
from groupware.text import named
from modules.tasks.queue.filters import Filters, GroupBy
from modules.tasks.queue.typed import text_of
from modules.tasks.saved_views.models import COLUMNS, HUES, Mode, SavedView, ViewPlace
from modules.tasks.saved_views.queries import filters_of, visible_views

MOST_OWN = 200
MOST_COLUMNS = 20
ENTITY = "saved_view"


@dataclass(frozen=True)
class Wish:
    """What a view is to be."""

    name: str
    filters: Filters = field(default_factory=Filters)
    hue: int = 0
    columns: Sequence[str] = ()
    mode: Mode = Mode.LIST


def save(session: Session, actor: User, wish: Wish, *, now: datetime) -> SavedView:
    """A new view, which is its maker's alone until it is shared."""
    if not access_of(session, actor).agent:
        raise Forbidden
    own = select(func.count()).select_from(SavedView).where(SavedView.owner_id == actor.id)
    if (session.scalar(own) or 0) >= MOST_OWN:
        raise Invalid(name=f"You have {MOST_OWN} views already: delete one first.")
    view = SavedView(owner_id=actor.id, created=now, acl_id=0)
    _fill(view, wish, now)
    view.acl_id = sharing.private(session, actor).id
    session.add(view)
    session.flush()
    journal.record(session, "created", ENTITY, view.id, actor=actor, at=now, of=view.name)
    return view


def change(session: Session, actor: User, view: SavedView, wish: Wish, *, now: datetime) -> None:
    """Give a view another name, other filters, or another look."""
    sharing.require(session, actor, view, sharing.CHANGE)
    _fill(view, wish, now)
    session.flush()
    journal.record(session, "edited", ENTITY, view.id, actor=actor, at=now, of=view.name)


def copy(session: Session, actor: User, view: SavedView, *, now: datetime) -> SavedView:
    """A view of one's own like one that one may use."""
    sharing.require(session, actor, view, sharing.USE)
    name = f"{view.name[:93]} (copy)"
    wish = Wish(name, filters_of(view), view.hue, view.columns, Mode(view.mode))
    return save(session, actor, wish, now=now)


def delete(session: Session, actor: User, view: SavedView, *, now: datetime) -> None:
    """Take a view away, from everybody."""
    sharing.require(session, actor, view, sharing.CHANGE)
    journal.record(session, "deleted", ENTITY, view.id, actor=actor, at=now, of=view.name)
    session.delete(view)
    session.flush()


def share(
    session: Session, actor: User, view: SavedView, levels: Mapping[int, Level], *, now: datetime
) -> None:
    """Let these groups use the view, or change it."""
    changes = sharing.share(session, actor, view, levels)
    if changes:
        journal.record(
            session, "shared", ENTITY, view.id, actor=actor, at=now, changes=changes, of=view.name
        )


def put_in_order(session: Session, actor: User, view_ids: Sequence[int]) -> None:
    """The person has these of their views first, in this order; the others follow by name."""
    if not access_of(session, actor).agent:
        raise Forbidden
    there = set(session.scalars(visible_views(actor).with_only_columns(SavedView.id)))
    wanted = [each for each in dict.fromkeys(view_ids) if each in there]
    session.execute(deletion(ViewPlace).where(ViewPlace.user_id == actor.id))
    session.add_all(
        ViewPlace(user_id=actor.id, view_id=each, position=position)
        for position, each in enumerate(wanted)
    )
    session.flush()


def _fill(view: SavedView, wish: Wish, now: datetime) -> None:
    view.name = named(wish.name, most=100)
    if wish.hue not in HUES:
        raise Invalid(hue="Please choose one of these colours.")
    columns = list(dict.fromkeys(wish.columns))
    if len(columns) > MOST_COLUMNS:
        raise Invalid(columns=f"A view has {MOST_COLUMNS} columns at most.")
    if any(each not in COLUMNS and not _is_field(each) for each in columns):
        raise Invalid(columns="There is no such column.")
    view.hue, view.columns, view.modified = wish.hue, columns, now
    view.grouping, view.mode = wish.filters.group or GroupBy.STATUS, wish.mode
    view.query = text_of(wish.filters, lambda _kind, _number: None)


def _is_field(column: str) -> bool:
    kind, _, number = column.partition(":")
    return kind == "field" and number.isascii() and number.isdigit() and len(number) < 10
