"""The ways of showing the queue: as a list, beside a ticket, as a board, by days."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from modules.support.bar import Chip
from modules.support.filters import PATH, address_of
from modules.tasks import fields
from modules.tasks.queue.choices import Choices
from modules.tasks.queue.filters import Filters
from modules.tasks.saved_views import COLUMNS, Mode, SavedView

MOST_FIELDS = 60

MODES: dict[str, tuple[str, str, str]] = {
    Mode.LIST: ("List", "rows-3", PATH),
    Mode.SPLIT: ("Split", "columns-2", f"{PATH}/split"),
    Mode.BOARD: ("Board", "square-kanban", f"{PATH}/board"),
    Mode.AGENDA: ("Agenda", "calendar-days", f"{PATH}/agenda"),
}
PATHS = frozenset(path for _, _, path in MODES.values())


def opened(view: SavedView) -> str:
    """Where a saved view opens: in the way that it keeps."""
    return f"{MODES[view.mode][2]}?view={view.id}"


def columns_for(session: Session, known: Choices) -> list[tuple[str, str]]:
    """The columns that this person's views can have: the tickets' own, and their lists' fields."""
    return [(name, label) for name, label, _ in columns_by_list(session, known)]


def columns_by_list(session: Session, known: Choices) -> list[tuple[str, str, str]]:
    """The same, each with the name of the list that asks for it; a ticket's own have none."""
    by_list = fields.fields_of_lists(session, [each.id for each in known.lists])
    asked = [
        (f"field:{field.id}", field.name, each.name)
        for each in known.lists
        for field in by_list.get(each.id, ())
        if not field.archived
    ]
    return [*((name, label, "") for name, label in COLUMNS.items()), *asked[:MOST_FIELDS]]


def chips(found: Sequence[Chip], path: str) -> Sequence[Chip]:
    """Chips whose crosses stay on the page at this path."""
    return [replace(chip, remove=chip.remove.replace(PATH, path, 1)) for chip in found]


def modes(
    filters: Filters, current: str, view: SavedView | None = None
) -> Sequence[dict[str, Any]]:
    """Links to the same tickets, shown otherwise."""
    return [
        {
            "label": label,
            "icon": icon,
            "href": address_of(filters, view, path),
            "current": name == current,
        }
        for name, (label, icon, path) in MODES.items()
    ]
