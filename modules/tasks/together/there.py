"""Everything of a ticket that colleagues share beside its thread, by one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import Kind, Task
from modules.tasks.notices.models import Notice
from modules.tasks.together.models import Doing, Draft, Follower, Presence
from modules.tasks.together.presence import LASTS

MOST = 200


@dataclass(frozen=True)
class Somebody:
    """A colleague who follows, or who is at it."""

    id: int
    name: str
    doing: Doing | None = None


@dataclass(frozen=True)
class Written:
    """A draft: the reader's own, or one that lies there for all."""

    author_id: int
    author: str
    kind: Kind
    body: str
    at: datetime | None


@dataclass
class There:
    """Who and what is at a ticket."""

    following: bool = False
    unread: bool = False  # the reader was told of something here, and has not read it
    followers: list[Somebody] = field(default_factory=list)
    present: list[Somebody] = field(default_factory=list)  # not the reader
    own: Written | None = None
    shared: list[Written] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[Any], reader: int) -> "There":
        """Made of the rows of `whole`, the oldest first."""
        found = cls()
        for row in rows:
            _take(found, row, reader)
        return found

    @property
    def writing(self) -> str:
        """The line over the composer: who is writing."""
        names = [each.name for each in self.present if each.doing == Doing.WRITING]
        if not names:
            return ""
        told = " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]
        return f"{told} {'are' if names[1:] else 'is'} writing"


def there(session: Session, reader: User, ticket: Task, *, now: datetime) -> There:
    """For a reader who may see the ticket as an agent; not for customers."""
    return There.of(session.execute(whole(), bound(reader, ticket, now)), reader.id)


def bound(reader: User, ticket: Task, now: datetime) -> dict[str, Any]:
    """What `whole` is asked for."""
    return {"reader": reader.id, "ticket": ticket.id, "since": now - LASTS}


def _take(found: There, row: Any, reader: int) -> None:
    mine = row.user_id == reader
    if row.what == "follows":
        found.followers.append(Somebody(row.user_id, row.name))
        found.following = found.following or mine
    elif row.what == "told":
        found.unread = True
    elif row.what in ("own", "shared"):
        draft = Written(row.user_id, row.name, Kind(row.word), row.body, row.at)
        if row.what == "shared":
            found.shared.append(draft)
        else:
            found.own = draft
    elif not mine:
        found.present.append(Somebody(row.user_id, row.name, Doing(row.word)))


@cache
def whole() -> Any:
    """All of it, with `reader`, `ticket` and `since` to be bound."""
    reader: Any = bindparam("reader", type_=Integer())
    ticket: Any = bindparam("ticket", type_=Integer())
    parts: Sequence[Any] = (
        _part("follows", Follower, Follower.at).where(Follower.task_id == ticket),
        _part("at it", Presence, Presence.at, Presence.doing).where(
            Presence.task_id == ticket, Presence.at > bindparam("since", type_=Presence.at.type)
        ),
        _part("own", Draft, Draft.at, Draft.kind, Draft.body).where(
            Draft.task_id == ticket, Draft.user_id == reader, ~Draft.shared
        ),
        _part("shared", Draft, Draft.at, Draft.kind, Draft.body).where(
            Draft.task_id == ticket, Draft.shared
        ),
        _part("told", Notice, Notice.at).where(
            Notice.task_id == ticket, Notice.user_id == reader, Notice.read_at.is_(None)
        ),
    )
    rows = union_all(*parts).subquery()
    return select(rows).order_by(rows.c.at).limit(MOST)


def _part(what: str, table: Any, at: Any, word: Any = None, body: Any = None) -> Any:
    return select(
        literal(what).label("what"),
        table.user_id,
        User.name.label("name"),
        (literal("") if word is None else word).label("word"),
        (literal("") if body is None else body).label("body"),
        at.label("at"),
    ).join(User, User.id == table.user_id)
