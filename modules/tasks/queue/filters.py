"""What an agent wants to see of the tickets: read from names and values, and written as such."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from groupware.errors import Invalid
from modules.tasks.models import State, Urgency, Waiting
from modules.tasks.search import LONGEST

BIGGEST_ID = 2**63 - 1


class Scope(StrEnum):
    """In which states tickets are wanted."""

    ACTIVE = "active"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ALL = "all"

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in the order of their groups."""
        if self is Scope.ALL:
            return tuple(State)
        return (State.OPEN, State.IN_PROGRESS) if self is Scope.ACTIVE else (State(self.value),)


class Whose(StrEnum):
    """Assignees that need no number."""

    MINE = "me"
    NOBODY = "none"


class DueBy(StrEnum):
    OVERDUE = "overdue"
    SOON = "soon"


class WaitsFor(StrEnum):
    ANYTHING = "any"
    CUSTOMER = Waiting.CUSTOMER.value
    THIRD_PARTY = Waiting.THIRD_PARTY.value
    UNTIL = Waiting.UNTIL.value


class Sort(StrEnum):
    UPDATED = "updated"
    CREATED = "created"
    DUE = "due"
    URGENCY = "urgency"
    NUMBER = "number"


class Order(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True)
class Filters:
    """The filters in force, all of which hold at once; None where there is none."""

    q: str = ""
    state: Scope | None = None
    assignee: Whose | int | None = None
    due: DueBy | None = None
    urgency: Urgency | None = None
    list: int | None = None
    category: int | None = None
    location: int | None = None
    customer: int | None = None
    waiting: WaitsFor | None = None
    unread: bool = False
    sort: Sort | None = None
    order: Order | None = None

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Filters":
        """Filters out of names and values; raises Invalid for what is no filter's value."""
        found: dict[str, Any] = {}
        for name, reader in READERS.items():
            if given := values.get(name):
                try:
                    found[name] = reader(given)
                except ValueError as error:
                    raise Invalid(**{name: "There is nothing to filter by that."}) from error
        return cls(**found)

    @property
    def scope(self) -> Scope:
        """The states wanted: what is searched may be anywhere, else what is to be done counts."""
        return self.state or (Scope.ALL if self.q else Scope.ACTIVE)

    @property
    def by(self) -> Sort:
        """By what it is sorted: what is due soonest comes first where that is asked for."""
        if self.q:
            return Sort.NUMBER
        return self.sort or (Sort.DUE if self.due else Sort.UPDATED)

    @property
    def descending(self) -> bool:
        """True where the greatest comes first; due dates begin with the earliest, unless told."""
        if self.order is None or self.q:
            return self.by != Sort.DUE
        return self.order == Order.DESCENDING

    @property
    def view(self) -> "Filters":
        """The same, sorted as by itself."""
        return replace(self, sort=None, order=None)

    def in_force(self) -> Iterator[str]:
        """The names of the filters in force, in their order."""
        plain = Filters()
        for field in fields(self):
            if field.name not in ("sort", "order") and getattr(self, field.name) != getattr(
                plain, field.name
            ):
                yield field.name


def written(value: Any) -> str:
    """A filter's value as text, as `Filters.read` takes it."""
    return "1" if value is True else str(value)


def _id(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise ValueError(value)
    number = int(value)
    if not 0 < number <= BIGGEST_ID:
        raise ValueError(value)
    return number


def _assignee(value: str) -> Whose | int:
    return Whose(value) if value in list(Whose) else _id(value)


def _yes(value: str) -> bool:
    if value != "1":
        raise ValueError(value)
    return True


def _typed(value: str) -> str:
    return value.replace("\0", " ").strip()[:LONGEST]


READERS: dict[str, Any] = {
    "q": _typed,
    "state": Scope,
    "assignee": _assignee,
    "due": DueBy,
    "urgency": Urgency,
    "list": _id,
    "category": _id,
    "location": _id,
    "customer": _id,
    "waiting": WaitsFor,
    "unread": _yes,
    "sort": Sort,
    "order": Order,
}
