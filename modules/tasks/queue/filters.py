"""What an agent wants to see of the tickets: terms that all hold at once, words, and an order.

A term has one face in addresses (`category=3,5`, `category=-7`), one in what people type
(`category:bug,network -category:billing`, see `typed`), and one as a chip of a page.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from groupware.errors import Invalid
from modules.tasks.models import State, Urgency, Waiting
from modules.tasks.queue.periods import ANY, NONE, Period
from modules.tasks.queue.said import Said

LONGEST = 1_000
MOST_TERMS = 30
MOST_VALUES = 30
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
    """People that need no number, and the lack of what has one."""

    MINE = "me"
    NOBODY = "none"


class DueBy(StrEnum):
    OVERDUE = "overdue"
    SOON = "soon"


class WaitsFor(StrEnum):
    ANYTHING = "any"
    NOTHING = "none"
    CUSTOMER = Waiting.CUSTOMER.value
    THIRD_PARTY = Waiting.THIRD_PARTY.value
    UNTIL = Waiting.UNTIL.value


class Has(StrEnum):
    """What a ticket may have."""

    FILES = "files"
    REPLIES = "replies"
    NOTES = "notes"
    DUE = "due"
    CATEGORY = "category"
    LOCATION = "location"
    ASSIGNEE = "assignee"


class Sort(StrEnum):
    UPDATED = "updated"
    CREATED = "created"
    DUE = "due"
    URGENCY = "urgency"
    NUMBER = "number"


class Order(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


class GroupBy(StrEnum):
    """What tickets stand together by, before any order."""

    STATUS = "status"
    ASSIGNEE = "assignee"
    URGENCY = "urgency"
    LIST = "list"
    NONE = "none"


@dataclass(frozen=True)
class Term:
    """One of these values of a filter; or, `without`, none of them."""

    name: str
    values: tuple[Any, ...]
    without: bool = False

    @classmethod
    def read(cls, name: str, text: str) -> "Term":
        """A term as an address has it; raises ValueError."""
        without = text.startswith("-")
        parts = (text[1:] if without else text).split(",")
        if len(parts) > MOST_VALUES:
            raise ValueError(text)
        return cls(name, tuple(READERS[name](part) for part in parts), without)

    def __str__(self) -> str:
        return "-" * self.without + ",".join(written(each) for each in self.values)


@dataclass(frozen=True)
class Filters:
    """The terms and words in force, all of which hold at once; and the order."""

    q: str = ""  # words to be found, never terms
    terms: tuple[Term, ...] = ()
    sort: Sort | None = None
    order: Order | None = None
    group: GroupBy | None = None

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Filters":
        """Filters out of names and values; raises Invalid for what is no filter's value."""
        several = getattr(values, "getlist", lambda name: [values[name]])
        terms, name = [], ""
        try:
            for name in READERS:
                given = several(name) if name in values else ()
                terms += [Term.read(name, each) for each in given if each]
            name = "sort"
            sort = Sort(values["sort"]) if values.get("sort") else None
            name = "order"
            order = Order(values["order"]) if values.get("order") else None
            name = "group"
            group = GroupBy(values["group"]) if values.get("group") else None
        except ValueError as error:
            raise Invalid(**{name: "There is nothing to filter by that."}) from error
        if len(terms) > MOST_TERMS:
            raise Invalid(q=f"These are more than {MOST_TERMS} filters at once.")
        return cls(_typed(values.get("q") or ""), tuple(terms), sort, order, group)

    @classmethod
    def of(cls, **values: Any) -> "Filters":
        """Filters with one value each."""
        return cls(terms=tuple(Term(name, (values[name],)) for name in READERS if name in values))

    def but(self, name: str, *values: Any) -> "Filters":
        """The same with this value of a filter, instead of all that was said of it."""
        term = (Term(name, values),) if values else ()
        rest = tuple(each for each in self.terms if each.name != name)
        return replace(self, terms=ordered((*rest, *term)))

    def less(self, term: Term) -> "Filters":
        """The same without this term."""
        return replace(self, terms=tuple(each for each in self.terms if each != term))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values as `read` takes them."""
        if self.q:
            yield "q", self.q
        for term in self.terms:
            yield term.name, str(term)
        if self.sort:
            yield "sort", self.sort.value
        if self.order:
            yield "order", self.order.value
        if self.group:
            yield "group", self.group.value

    def named(self, name: str) -> Iterator[Term]:
        """All that is said of a filter."""
        return (term for term in self.terms if term.name == name)

    def only(self, name: str) -> Any:
        """The one value of a filter of which nothing else is said; else None."""
        said = list(self.named(name))
        alone = len(said) == 1 and not said[0].without and len(said[0].values) == 1
        return said[0].values[0] if alone else None

    def fits(self, name: str, value: Any) -> bool:
        """True where what has this value may be wanted."""
        return all((value in term.values) != term.without for term in self.named(name))

    @property
    def states(self) -> tuple[State, ...]:
        """The states wanted: what is searched may be anywhere, else what is to be done counts."""
        if not any(True for _ in self.named("state")):
            return (Scope.ALL if self.q else Scope.ACTIVE).states
        said = list(self.named("state"))
        return tuple(
            state
            for state in State
            if all(_one_of(term.values, state) != term.without for term in said)
        )

    @property
    def scope(self) -> Scope | None:
        """The same in a word, where there is one."""
        return next((scope for scope in Scope if scope.states == self.states), None)

    @property
    def urgencies(self) -> tuple[Urgency, ...]:
        """The urgencies wanted, the least first."""
        return tuple(each for each in Urgency if self.fits("urgency", each))

    @property
    def has_due(self) -> bool:
        """True where nothing without a due date is wanted."""
        return any(
            not term.without and Period(NONE) not in term.values for term in self.named("due")
        )

    @property
    def by(self) -> Sort:
        """By what it is sorted: what is due soonest comes first where that is asked for."""
        if self.q:
            return Sort.NUMBER
        if self.sort:
            return self.sort
        if self.has_due:
            return Sort.DUE
        return Sort.CREATED if any(True for _ in self.named("created")) else Sort.UPDATED

    @property
    def descending(self) -> bool:
        """True where the greatest comes first; due dates begin with the earliest, unless told."""
        if self.order is None or self.q:
            return self.by != Sort.DUE
        return self.order == Order.DESCENDING

    @property
    def grouped(self) -> GroupBy:
        """What stands together: hits of a search are one group, all else stands by its state."""
        return GroupBy.NONE if self.q else self.group or GroupBy.STATUS

    def arranged(self, like: "Filters") -> "Filters":
        """The same tickets, in the other's order and groups where it has any."""
        sort, order = (
            (like.sort, like.order) if like.sort else (self.sort, like.order or self.order)
        )
        return replace(self, sort=sort, order=order, group=like.group or self.group)

    @property
    def view(self) -> "Filters":
        """The same, sorted and grouped as by itself."""
        return replace(self, sort=None, order=None, group=None)

    def __bool__(self) -> bool:
        return bool(self.q or self.terms)


def written(value: Any) -> str:
    """A term's value as text, as its reader takes it."""
    return "1" if value is True else str(value)


def ordered(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Terms in the one order in which addresses have them."""
    places = list(READERS)
    return tuple(sorted(terms, key=lambda term: places.index(term.name)))


def _one_of(scopes: tuple[Scope, ...], state: State) -> bool:
    return any(state in scope.states for scope in scopes)


def _id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise ValueError(text)
    number = int(text)
    if not 0 < number <= BIGGEST_ID:
        raise ValueError(text)
    return number


def _person(text: str) -> Whose | int:
    return Whose(text) if text in list(Whose) else _id(text)


def _id_or_none(text: str) -> Whose | int:
    return Whose.NOBODY if text == Whose.NOBODY else _id(text)


def _due(text: str) -> DueBy | Period:
    return DueBy(text) if text in list(DueBy) else Period(text)


def _past(text: str) -> Period:
    return _never_none(Period(text))


def _never_none(period: Period) -> Period:
    if period.text in (NONE, ANY):
        raise ValueError(period.text)
    return period


def _yes(text: str) -> bool:
    if text != "1":
        raise ValueError(text)
    return True


def _typed(text: str) -> str:
    return text.replace("\0", " ").strip()[:LONGEST]


READERS: dict[str, Callable[[str], Any]] = {
    "state": Scope,
    "assignee": _person,
    "due": _due,
    "urgency": Urgency,
    "list": _id,
    "category": _id_or_none,
    "location": _id_or_none,
    "customer": _person,
    "waiting": WaitsFor,
    "unread": _yes,
    "created": _past,
    "updated": _past,
    "resolved": Period,
    "has": Has,
    "field": Said.read,
}
