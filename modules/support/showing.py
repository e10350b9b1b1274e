"""The ways of showing the queue: as a list, beside a ticket, as a board, by days."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from modules.support.bar import Chip
from modules.support.filters import PATH, address
from modules.tasks import fields
from modules.tasks.queue.choices import Choices
from modules.tasks.queue.filters import Filters
from modules.tasks.saved_views import COLUMNS, SavedView

MOST_FIELDS = 60

MODES = {
    "list": ("List", "rows-3", PATH),
    "split": ("Split", "columns-2", f"{PATH}/split"),
    "board": ("Board", "square-kanban", f"{PATH}/board"),
    "agenda": ("Agenda", "calendar-days", f"{PATH}/agenda"),
}


def columns_for(session: Session, known: Choices) -> list[tuple[str, str]]:
    """The columns that this person's views can have: the tickets' own, and their lists' fields."""
    by_list = fields.fields_of_lists(session, [each.id for each in known.lists])
    asked = [each for some in by_list.values() for each in some if not each.archived]
    return [*COLUMNS.items(), *((f"field:{each.id}", each.name) for each in asked[:MOST_FIELDS])]


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
            "href": f"{path}?view={view.id}" if view else address(filters, path),
            "current": name == current,
        }
        for name, (label, icon, path) in MODES.items()
    ]
