"""The bar above a queue: chips for the filters in force, menus for the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.support.filters import address, but, options
from modules.support.rows import Row
from modules.tasks.models import Urgency
from modules.tasks.queue.choices import Choices
from modules.tasks.queue.filters import DueBy, Filters, Order, Scope, Sort, WaitsFor, Whose


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    text: str
    icon: str
    remove: str


@dataclass(frozen=True)
class Option:
    """What a menu leads to."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class Menu:
    """A filter that is not in force, and what it can be; `rare` ones stand together."""

    label: str
    icon: str
    options: Sequence[Option]
    rare: bool = False


ICONS = {
    "q": "search",
    "state": "layers",
    "assignee": "user",
    "due": "clock",
    "urgency": "flag",
    "list": "rows-3",
    "category": "tag",
    "location": "map-pin",
    "customer": "user-round",
    "waiting": "timer",
    "unread": "circle-dot",
}
LABELS = {
    "urgency": "Urgency",
    "assignee": "Assignee",
    "category": "Category",
    "due": "Due",
    "list": "Task list",
    "location": "Location",
    "waiting": "Waiting",
    "unread": "Unread",
}
RARE = ("due", "list", "location", "waiting", "unread")

STATES = {
    Scope.ACTIVE: "Open or in progress",
    Scope.OPEN: "Open",
    Scope.IN_PROGRESS: "In progress",
    Scope.RESOLVED: "Resolved",
    Scope.CLOSED: "Closed",
    Scope.ALL: "Any state",
}
WHOSE = {Whose.MINE: "Assigned to me", Whose.NOBODY: "Unassigned"}
DUE = {DueBy.OVERDUE: "Overdue", DueBy.SOON: "Due within a day"}
WAITING = {
    WaitsFor.ANYTHING: "Waiting",
    WaitsFor.CUSTOMER: "Waiting for the customer",
    WaitsFor.THIRD_PARTY: "Waiting for a third party",
    WaitsFor.UNTIL: "Waiting until a day",
}
SORTS = {
    Sort.UPDATED: ("Last updated", "Longest untouched"),
    Sort.CREATED: ("Newest", "Oldest"),
    Sort.DUE: ("Due last", "Due first"),
    Sort.URGENCY: ("Most urgent", "Least urgent"),
    Sort.NUMBER: ("Highest number", "Lowest number"),
}


def chips(filters: Filters, choices: Choices, rows: Sequence[Row]) -> list[Chip]:
    """A chip for each filter in force; the states looked at are always said."""
    found = [
        Chip(
            _said(name, filters, choices, rows), ICONS[name], but(filters, **{name: _without(name)})
        )
        for name in filters.in_force()
        if name != "state"
    ]
    scope = filters.scope
    if scope != Scope.ALL:
        found.insert(0, Chip(STATES[scope], ICONS["state"], but(filters, state=Scope.ALL)))
    return found


def menus(filters: Filters, choices: Choices) -> list[Menu]:
    """A menu for each filter that is not in force."""
    values: dict[str, dict[Any, str]] = {
        "urgency": {each: each.value.capitalize() for each in reversed(Urgency)},
        "assignee": {Whose.MINE: "Me", Whose.NOBODY: "Nobody", **choices.people},
        "category": choices.categories,
        "due": DUE,
        "list": {each.id: each.name for each in choices.lists},
        "location": choices.locations,
        "waiting": WAITING,
        "unread": {True: "Changed since I looked"},
    }
    given = set(filters.in_force())
    return [
        Menu(
            LABELS[name],
            ICONS[name],
            list(map(Option, values[name].values(), options(filters, name, values[name]))),
            rare=name in RARE,
        )
        for name in values
        if name not in given and values[name]
    ]


def states(filters: Filters) -> list[Option]:
    """In which states one may look."""
    return [
        Option(text, but(filters, state=scope), scope == filters.scope)
        for scope, text in STATES.items()
    ]


def sorts(filters: Filters) -> list[Option]:
    """The orders, each both ways."""
    return [
        Option(
            text,
            but(filters, sort=sort, order=order),
            sort == filters.by and (order == Order.DESCENDING) == filters.descending,
        )
        for sort, texts in SORTS.items()
        for order, text in zip((Order.DESCENDING, Order.ASCENDING), texts, strict=True)
    ]


def cleared(filters: Filters) -> str:
    """The address without any filter, sorted as it is."""
    return address(Filters(sort=filters.sort, order=filters.order))


def _without(name: str) -> Any:
    return {"q": "", "unread": False}.get(name)


def _said(name: str, filters: Filters, choices: Choices, rows: Sequence[Row]) -> str:
    value: Any = getattr(filters, name)
    lists = {each.id: each.name for each in choices.lists}
    # A requester is named only where one of their tickets may be seen.
    customers = {row.customer_id: row.customer for row in rows}
    names: dict[str, tuple[Mapping[Any, str], str]] = {
        "q": ({value: f"“{value}”"}, ""),
        "assignee": ({**choices.people, **WHOSE}, "An assignee"),
        "customer": (customers, "A requester"),
        "list": (lists, "A task list"),
        "category": (choices.categories, "A category"),
        "location": (choices.locations, "A location"),
        "urgency": ({each: f"{each.value.capitalize()} urgency" for each in Urgency}, ""),
        "due": (DUE, ""),
        "waiting": (WAITING, ""),
        "unread": ({True: "Unread"}, ""),
    }
    known, otherwise = names[name]
    return known.get(value, otherwise)
