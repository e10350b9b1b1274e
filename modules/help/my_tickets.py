"""My Support Requests: one's own, with what moved last in front."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    and_,
    asc,
    bindparam,
    desc,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from groupware.models import JournalEntry, User
from groupware.text import LARGEST_NUMBER
from modules.help.words import answer_time, first_name
from modules.tasks import search
from modules.tasks.history import ENTITY
from modules.tasks.models import Comment, Kind, Seen, State, Task, TaskList, Waiting
from modules.tasks.queries import ANYBODY, in_state, own_of, shared_with

PAGE = 25
MOST_COUNTED = 1001
SNIPPET = 200
Face = Callable[[User], Select[Task]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = tuple(State)
"""By a ticket's phase."""


@dataclass(frozen=True)
class Place:
    """A place in the list: between what moved at this time and what moved before."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place that an address names; raises ValueError."""
        moment, number = (int(part) for part in text.split("-", 1))
        try:
            return cls(EPOCH + timedelta(microseconds=moment), min(number, LARGEST_NUMBER))
        except OverflowError as error:
            raise ValueError(text) from error


@dataclass(frozen=True)
class Card:
    """A request as the list shows it."""

    id: int
    subject: str
    status: State
    updated: datetime
    needs_reply: bool
    unread: bool
    who: str
    line: str

    @property
    def href(self) -> str:
        return f"/tickets/view/{self.id}"

    @property
    def place(self) -> Place:
        return Place(self.updated, self.id)


@dataclass(frozen=True)
class Page:
    """Some cards, and the places from which it goes on."""

    cards: list[Card]
    newer: Place | None
    older: Place | None


def page_of(
    session: Session,
    user: User,
    *,
    face: Face = own_of,
    state: State | None = None,
    words: str = "",
    older: Place | None = None,
    newer: Place | None = None,
) -> Page:
    """A page of the person's requests: after `older`, or before `newer`, or the first.

    `face` is `own_of`, or `shared_with` for colleagues'; words are looked for in one's own only.
    """
    place, turned = newer or older, newer is not None
    bound = {"reader": user.id, **({"at": place.at, "number": place.id} if place else {})}
    if face is own_of and not words:
        statement = _own_rows(state, placed=bool(place), turned=turned)
    else:
        found = search.own(session, user, words) if face is own_of else face(user)
        ids = _ids(found, state, placed=bool(place), turned=turned)
        statement = _rows(face(user), ids)
    rows = session.execute(statement, bound).all()
    more = len(rows) > PAGE
    if turned and more:
        rows = rows[1:]
    card = _card if face is own_of else _colleagues_card
    cards = [card(row, user) for row in rows[:PAGE]]
    if not cards:
        return Page([], None, None)
    return Page(
        cards,
        cards[0].place if (more if turned else older) else None,
        cards[-1].place if (turned or more) else None,
    )


def counts(session: Session, user: User, face: Face = own_of) -> dict[State | None, int]:
    """How many requests there are by state, and (None) at all; counted up to 1,001."""
    statement = _own_counted() if face is own_of else _counted(face(user))
    by_phase = session.execute(statement, {"reader": user.id, "most": MOST_COUNTED}).all()
    found: dict[State | None, int] = {_STATES[phase]: number for phase, number in by_phase}
    return {**found, None: sum(found.values())}


def shares(session: Session, user: User) -> bool:
    """True where the person may read requests of colleagues."""
    if not user.organisation:
        return False
    return session.scalar(shared_with(user).with_only_columns(Task.id).limit(1)) is not None


# One's own are asked for all day: those statements are built once, and bind `reader`.
@cache
def _own_rows(state: State | None, *, placed: bool, turned: bool) -> Select[*tuple[Any, ...]]:
    own = own_of(ANYBODY)
    return _rows(own, _ids(own, state, placed=placed, turned=turned))


@cache
def _own_counted() -> Select[int, int]:
    return _counted(own_of(ANYBODY))


def _counted(query: Select[Task]) -> Select[int, int]:
    some = query.with_only_columns(Task.phase).limit(bindparam("most", type_=Integer())).subquery()
    return select(some.c.phase, func.count()).group_by(some.c.phase)


def _ids(query: Select[Task], state: State | None, *, placed: bool, turned: bool) -> Subquery:
    """The numbers of a page; beyond the place that `at` and `number` name where it is `placed`."""
    if state is not None:
        query = query.where(in_state(state))
    if placed:
        query = query.where(_beyond(newer=turned))
    order = asc if turned else desc
    ordered = query.order_by(order(Task.public_modified), order(Task.id))
    return ordered.with_only_columns(Task.id).limit(PAGE + 1).subquery()


def _beyond(*, newer: bool) -> ColumnElement[bool]:
    at = bindparam("at", type_=Task.public_modified.type)
    number = bindparam("number", type_=BigInteger())
    same = Task.public_modified == at
    if newer:
        return or_(Task.public_modified > at, and_(same, Task.id > number))
    return or_(Task.public_modified < at, and_(same, Task.id < number))


def _rows(readable: Select[Task], ids: Subquery) -> Select[*tuple[Any, ...]]:
    """What the cards show, for these few: public facts only."""
    who_ended_it = (
        select(User.name)
        .select_from(JournalEntry)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(
            JournalEntry.entity == ENTITY,
            JournalEntry.entity_id == Task.id,
            JournalEntry.public,
            JournalEntry.act.in_((State.RESOLVED.value, State.CLOSED.value)),
        )
        .order_by(JournalEntry.id.desc())
        .limit(1)
        .correlate(Task)
        .scalar_subquery()
    )
    author, customer = aliased(User), aliased(User)
    return (
        readable.with_only_columns(
            Task.id,
            Task.summary,
            Task.phase,
            Task.public_modified,
            (Task.waiting == Waiting.CUSTOMER).label("waits"),
            Task.answered_at,
            Seen.at.label("seen"),
            TaskList.answer_hours,
            Comment.author_id,
            Comment.from_staff,
            func.substr(Comment.body, 1, SNIPPET).label("said"),
            author.name.label("author"),
            customer.name.label("customer"),
            who_ended_it.label("ended_by"),
        )
        .outerjoin(TaskList, TaskList.id == Task.task_list_id)
        .outerjoin(Comment, and_(Comment.id == Task.last_reply_id, Comment.kind == Kind.REPLY))
        .outerjoin(author, author.id == Comment.author_id)
        .outerjoin(customer, customer.id == Task.customer_id)
        .outerjoin(Seen, and_(Seen.task_id == Task.id, Seen.user_id == ANYBODY.id))
        .where(Task.id.in_(select(ids.c.id)))
        .order_by(Task.public_modified.desc(), Task.id.desc())
    )


def _card(row: Row[*tuple[Any, ...]], user: User) -> Card:
    state = _STATES[row.phase]
    unread = row.answered_at is not None and (row.seen is None or row.answered_at > row.seen)
    who, line = _line(row, user, state, unread=unread)
    return Card(
        id=row.id,
        subject=row.summary,
        status=state,
        updated=row.public_modified,
        needs_reply=bool(row.waits) and state == State.IN_PROGRESS,
        unread=unread,
        who=who,
        line=line,
    )


def _colleagues_card(row: Row[*tuple[Any, ...]], _user: User) -> Card:
    return Card(
        id=row.id,
        subject=row.summary,
        status=_STATES[row.phase],
        updated=row.public_modified,
        needs_reply=False,
        unread=False,
        who=row.customer or "Somebody",
        line="asked for this",
    )


def _line(row: Row[*tuple[Any, ...]], user: User, state: State, *, unread: bool) -> tuple[str, str]:
    """Who did what last, in a line."""
    ended = {State.RESOLVED: "resolved this request", State.CLOSED: "closed this request"}
    if state in ended and not unread:
        if row.ended_by:
            return first_name(row.ended_by), ended[state]
        return "", "Closed after some quiet days" if state == State.CLOSED else "Resolved"
    if row.said is None:
        usual = answer_time(row.answer_hours or 0)
        return "", "We received your request." + (f" We usually answer {usual}." if usual else "")
    who = "You" if row.author_id == user.id else first_name(row.author) or "Somebody"
    return who, f"replied: {' '.join(row.said.split())}" if row.said.strip() else "sent files"
