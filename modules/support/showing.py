"""The ways of showing the queue: as a list, beside a ticket, as a board, by days."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from modules.support.bar import Chip
from modules.support.filters import PATH, address
from modules.tasks.queue.filters import Filters

MODES = {
    "list": ("List", "rows-3", PATH),
    "split": ("Split", "columns-2", f"{PATH}/split"),
    "board": ("Board", "square-kanban", f"{PATH}/board"),
    "agenda": ("Agenda", "calendar-days", f"{PATH}/agenda"),
}


def chips(found: Sequence[Chip], path: str) -> Sequence[Chip]:
    """Chips whose crosses stay on the page at this path."""
    return [replace(chip, remove=chip.remove.replace(PATH, path, 1)) for chip in found]


def modes(filters: Filters, current: str) -> Sequence[dict[str, Any]]:
    """Links to the same tickets, shown otherwise."""
    return [
        {
            "label": label,
            "icon": icon,
            "href": address(filters, path),
            "current": name == current,
        }
        for name, (label, icon, path) in MODES.items()
    ]
