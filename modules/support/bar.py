"""The bar above a queue: chips for the filters in force, menus for the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from modules.support.filters import address, address_of, options
from modules.support.grouping import GROUPS
from modules.support.rows import Row
from modules.tasks.fields import CustomField, FieldKind
from modules.tasks.models import Urgency
from modules.tasks.queue.choices import Choices
from modules.tasks.queue.custom import FieldNames
from modules.tasks.queue.filters import (
    DueBy,
    Filters,
    GroupBy,
    Has,
    Order,
    Scope,
    Sort,
    Term,
    WaitsFor,
    Whose,
    ordered,
)
from modules.tasks.queue.periods import Period
from modules.tasks.queue.said import Said
from modules.tasks.saved_views import SavedView


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    text: str
    icon: str
    remove: str


class Option(NamedTuple):
    """What a menu leads to."""

    text: str
    href: str
    current: bool = False


class Menu(NamedTuple):
    """A filter that is not in force, and what it can be; `rare` ones stand together."""

    label: str
    icon: str
    options: tuple[Option, ...]
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
    "created": "calendar-days",
    "updated": "calendar",
    "resolved": "calendar",
    "has": "paperclip",
    "field": "list-checks",
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
    "created": "Created",
    "has": "With",
}
RARE = ("due", "list", "location", "waiting", "unread", "created", "has")

STATES = {
    Scope.ACTIVE: "Open or in progress",
    Scope.OPEN: "Open",
    Scope.IN_PROGRESS: "In progress",
    Scope.RESOLVED: "Resolved",
    Scope.CLOSED: "Closed",
    Scope.ALL: "Any state",
}
WHOSE = {Whose.MINE: "Assigned to me", Whose.NOBODY: "Unassigned"}
CUSTOMERS = {Whose.MINE: "Requested by me", Whose.NOBODY: "Nobody's"}
HAS = {
    Has.FILES: "With files",
    Has.REPLIES: "With replies",
    Has.NOTES: "With notes",
    Has.DUE: "With a due date",
    Has.CATEGORY: "With a category",
    Has.LOCATION: "With a location",
    Has.ASSIGNEE: "Assigned",
}
DUE = {
    DueBy.OVERDUE: "Overdue",
    DueBy.SOON: "Due within a day",
    Period("week"): "Due this week",
    Period("none"): "Without a due date",
}
CREATED = {
    Period("today"): "Created today",
    Period("week"): "Created this week",
    Period("month"): "Created this month",
}
WAITING = {
    WaitsFor.ANYTHING: "Waiting",
    WaitsFor.NOTHING: "Not waiting",
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


HEADS = {
    "urgency": Sort.URGENCY,
    "id": Sort.NUMBER,
    "due": Sort.DUE,
    "updated": Sort.UPDATED,
    "created": Sort.CREATED,
}
"""Columns by which a queue can be sorted."""

MOST_FIELDS = 12
"""Custom fields of a list that have a menu; all can be typed."""


def chips(
    filters: Filters, choices: Choices, rows: Sequence[Row], custom: FieldNames | None = None
) -> list[Chip]:
    """A chip for each term in force; the states looked at are always said."""
    found = [
        Chip(
            _said_of_a_field(term, choices, custom)
            if term.name == "field"
            else _said(term, choices, rows),
            ICONS[term.name],
            address(filters.less(term)),
        )
        for term in filters.terms
        if term.name != "state"
    ]
    if filters.q:
        found.append(Chip(f"“{filters.q}”", ICONS["q"], address(replace(filters, q=""))))
    if filters.scope != Scope.ALL:
        text = STATES[filters.scope] if filters.scope else _states(filters)
        found.insert(0, Chip(text, ICONS["state"], address(filters.but("state", Scope.ALL))))
    return found


def menus(filters: Filters, choices: Choices, custom: FieldNames | None = None) -> tuple[Menu, ...]:
    """A menu for each filter that is not in force; the fields of the list that is looked at too."""
    values: dict[str, dict[Any, str]] = {
        "urgency": {each: each.value.capitalize() for each in reversed(Urgency)},
        "assignee": {Whose.MINE: "Me", Whose.NOBODY: "Nobody", **choices.people},
        "category": choices.categories,
        "due": DUE,
        "list": {each.id: each.name for each in choices.lists},
        "location": choices.locations,
        "waiting": WAITING,
        "unread": {True: "Changed since I looked"},
        "created": CREATED,
        "has": HAS,
    }
    given = {term.name for term in filters.terms}
    found = [
        Menu(
            LABELS[name],
            ICONS[name],
            tuple(map(Option, values[name].values(), options(filters, name, values[name]))),
            rare=name in RARE,
        )
        for name in values
        if name not in given and values[name]
    ]
    if custom and (number := filters.only("list")):
        found += _of_fields(filters, custom, number)
    return tuple(found)


def states(filters: Filters) -> tuple[Option, ...]:
    """In which states one may look."""
    return tuple(
        Option(text, address(filters.but("state", scope)), scope == filters.scope)
        for scope, text in STATES.items()
    )


def sorts(filters: Filters, view: SavedView | None = None) -> tuple[Option, ...]:
    """The orders, each both ways."""
    return tuple(
        Option(
            text,
            address_of(replace(filters, sort=sort, order=order), view),
            sort == filters.by and (order == Order.DESCENDING) == filters.descending,
        )
        for sort, texts in SORTS.items()
        for order, text in zip((Order.DESCENDING, Order.ASCENDING), texts, strict=True)
    )


def groupings(filters: Filters, view: SavedView | None = None) -> tuple[Option, ...]:
    """By what tickets can stand together."""
    return tuple(
        Option(
            text,
            address_of(replace(filters, group=by if by != GroupBy.STATUS else None), view),
            by == filters.grouped,
        )
        for by, text in GROUPS.items()
    )


def heads(filters: Filters, view: SavedView | None = None) -> dict[str, Option]:
    """Where the headings of columns lead: to this order, or where it is that one, to the other way.

    The text is how it is sorted now, as `aria-sort` has it.
    """
    found = {}
    for column, sort in HEADS.items():
        now = sort == filters.by
        down = not filters.descending if now else sort != Sort.DUE
        order = Order.DESCENDING if down else Order.ASCENDING
        way = "descending" if filters.descending else "ascending"
        href = address_of(replace(filters, sort=sort, order=order), view)
        found[column] = Option(way if now else "", href, now)
    return found


def cleared(filters: Filters) -> str:
    """The address without any filter, sorted and grouped as it is."""
    return address(Filters().arranged(filters))


def _of_fields(filters: Filters, custom: FieldNames, list_id: int) -> list[Menu]:
    """A menu for each field of this list of which nothing is said yet."""
    given = {said.field_id for term in filters.named("field") for said in term.values}
    return [
        Menu(
            field.name,
            ICONS["field"],
            tuple(
                Option(word, _with(filters, custom.means(field.slug, text)))
                for text, word in _texts(field).items()
            ),
            rare=True,
        )
        for field in custom.all([list_id])[:MOST_FIELDS]
        if field.id not in given
    ]


def _texts(field: CustomField) -> dict[str, str]:
    if field.sort.chooses:
        own = {each: each for each in field.choices}
    else:
        own = {
            FieldKind.YES_NO: {"yes": "Yes", "no": "No"},
            FieldKind.PERSON: {"me": "Me"},
            FieldKind.DATE: {"today": "Today", "week": "This week", "month": "This month"},
        }.get(field.sort, {})
    return {**own, "any": "With a value", "none": "Without a value"}


def _with(filters: Filters, said: Sequence[Said]) -> str:
    return address(replace(filters, terms=ordered((*filters.terms, Term("field", tuple(said))))))


def _said_of_a_field(term: Term, choices: Choices, custom: FieldNames | None) -> str:
    names = {each.id: each for each in custom.all()} if custom else {}
    field = names.get(term.values[0].field_id)
    texts = [
        choices.people.get(int(each.text), each.text)
        if field and field.sort is FieldKind.PERSON and each.text.isascii() and each.text.isdigit()
        else each.text
        for each in term.values
    ]
    said = f"{field.name if field else 'A field'}: {' or '.join(dict.fromkeys(texts))}"
    return ("Not: " if term.without else "") + said


def _states(filters: Filters) -> str:
    words = [STATES[Scope(state.value)].lower() for state in filters.states]
    return " or ".join(words).capitalize() if words else "No state"


def _said(term: Term, choices: Choices, rows: Sequence[Row]) -> str:
    lists = {each.id: each.name for each in choices.lists}
    # A requester is named only where one of their tickets may be seen.
    customers = {row.customer_id: row.customer for row in rows}
    names: dict[str, tuple[Mapping[Any, str], str]] = {
        "assignee": ({**choices.people, **WHOSE}, "An assignee"),
        "customer": ({**customers, **CUSTOMERS}, "A requester"),
        "list": (lists, "A task list"),
        "category": ({**choices.categories, Whose.NOBODY: "No category"}, "A category"),
        "location": ({**choices.locations, Whose.NOBODY: "No location"}, "A location"),
        "urgency": ({each: f"{each.value.capitalize()} urgency" for each in Urgency}, ""),
        "due": (DUE, "Due"),
        "waiting": (WAITING, ""),
        "unread": ({True: "Unread"}, ""),
        "created": (CREATED, "Created"),
        "updated": ({}, "Updated"),
        "resolved": ({}, "Resolved"),
        "has": (HAS, ""),
    }
    known, otherwise = names[term.name]
    texts = [
        known.get(value) or (f"{otherwise} {value}" if isinstance(value, Period) else otherwise)
        for value in term.values
    ]
    return ("Not: " if term.without else "") + " or ".join(dict.fromkeys(texts))
