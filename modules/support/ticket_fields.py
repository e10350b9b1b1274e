"""Custom fields beside a ticket's thread: a line each, which opens a small form."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from modules.tasks import fields
from modules.tasks.fields import Cell, CustomField
from modules.tasks.models import Task


@dataclass(frozen=True)
class Line:
    """A field of the ticket's list, what the ticket says to it, and what may be chosen."""

    field: CustomField
    cell: Cell | None
    was: str
    choices: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The last parts of the address that changes it."""
        return f"fields/{self.field.id}"


def lines(session: Session, ticket: Task, *, works: bool) -> list[Line]:
    """What a ticket's fields say; to who may change them also those that say nothing."""
    cells = {cell.field.id: cell for cell in fields.cells(session, ticket)}
    values = {number: cell.value for number, cell in cells.items()}
    asked = fields.shown(fields.fields_of(session, ticket.task_list_id), values)
    return [
        Line(each, cells.get(each.id), mark(values.get(each.id)), _choices(each, values))
        for each in asked
        if works or each.id in cells
    ]


def mark(value: Any) -> str:
    """What a form was based on: the same for the same value."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) < 40 else hashlib.sha256(text.encode()).hexdigest()[:32]


def _choices(field: CustomField, values: dict[int, Any]) -> Sequence[str]:
    kept = values.get(field.id)
    several = kept if isinstance(kept, list) else [kept] if isinstance(kept, str) else []
    return [*field.choices, *(each for each in several if each not in field.choices)]
