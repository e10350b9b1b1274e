"""Which column of a table is what of a ticket."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from modules.support.importing.reading import Sheet
from modules.tasks.fields import CustomField

TARGETS = {
    "subject": "Subject",
    "details": "Details",
    "customer": "Customer (address)",
    "status": "Status",
    "urgency": "Urgency",
    "list": "Task list",
    "location": "Location",
    "categories": "Categories",
    "assignee": "Assignee",
    "due": "Due",
    "key": "Number or key there",
}
"""What a column can be, beside the list's custom fields (`custom:slug`)."""

CALLED = {
    "subject": ("summary", "title", "topic"),
    "details": ("description", "body", "message", "text", "first article"),
    "customer": (
        "requester",
        "e-mail",
        "email",
        "customer e-mail",
        "customer email",
        "from",
        "user",
    ),
    "status": ("state",),
    "urgency": ("priority",),
    "list": ("queue", "group", "mailbox", "type", "ticket type", "department"),
    "location": ("site", "place", "office"),
    "categories": ("category", "tags", "tag", "labels"),
    "assignee": ("agent", "owner", "assigned to"),
    "due": ("due date", "deadline", "due by"),
    "key": ("number", "id", "ticket", "ticket number", "ticket id", "reference", "uid", "#"),
}

Wish = Mapping[str, int]
"""What is wanted, and the place of its column."""


def targets(asks: Iterable[CustomField]) -> dict[str, str]:
    """What a column can be, in words."""
    return {**TARGETS, **{f"custom:{each.slug}": each.name for each in asks}}


def guessed(header: Sequence[str], asks: Iterable[CustomField]) -> dict[str, int]:
    """By the names that other programs give to their columns; the first of a kind counts."""
    places = {name.casefold(): at for at, name in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for target, word in TARGETS.items():
        names = (target, word.casefold(), *CALLED[target])
        place = next((places[name] for name in names if name in places), None)
        if place is not None and place not in found.values():
            found[target] = place
    for each in asks:
        own = places.get(each.name.casefold(), places.get(each.slug))
        if own is not None and own not in found.values():
            found[f"custom:{each.slug}"] = own
    return found


def said_by(
    sheet: Sheet, wish: Wish, task_list_id: int
) -> Iterator[tuple[int, dict[str, str], str]]:
    """Each row's number, what it says, and the key by which it is known again.

    With a number or key of its own a ticket is that one, whatever else its row says; without, equal
    rows are told apart by their order.
    """
    times: Counter[str] = Counter()
    for number, row in sheet.rows:
        said = {target: row[place] for target, place in wish.items() if row[place]}
        own = said.get("key") or json.dumps(said, sort_keys=True)
        times[own] += 1
        mark = 0 if "key" in said else times[own]
        whole = json.dumps([task_list_id, "key" in said, own, mark])
        yield number, said, hashlib.sha256(whole.encode()).hexdigest()
