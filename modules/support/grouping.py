"""Under which headings the lines of a queue stand, and how many there are of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from modules.support.rows import Row
from modules.tasks.counts import Counted
from modules.tasks.models import State, Urgency
from modules.tasks.queue import Asked, Filters
from modules.tasks.queue.asking import again
from modules.tasks.queue.counting import how_many
from modules.tasks.queue.filters import GroupBy, Whose

GROUPS = {
    GroupBy.STATUS: "Status",
    GroupBy.ASSIGNEE: "Assignee",
    GroupBy.URGENCY: "Urgency",
    GroupBy.LIST: "Task list",
    GroupBy.NONE: "No groups",
}


@dataclass(frozen=True)
class Group:
    """Tickets that stand together; with a title of its own where they are of different states."""

    key: str
    title: str | None
    count: str
    rows: Sequence[Row]
    by: str = ""

    @property
    def first(self) -> Row:
        return self.rows[0]


def groups(
    session: Session,
    asked: Asked,
    lines: Sequence[Row],
    total: Counted,
    *,
    begun: bool,
    goes_on: bool,
) -> list[Group]:
    """The page's groups; of the one that was begun before it, or that goes on after it, all are counted."""
    by = asked.filters.grouped
    found = [list(some) for _, some in groupby(lines, lambda row: _value(by, row))]
    parts = {0} if begun else set()
    parts |= {len(found) - 1} if goes_on else set()
    known = {at: _counted(by, rows[0], asked.filters, total) for at, rows in enumerate(found)}
    unknown = {
        at: again(asked, _narrowed(asked.filters, found[at][0]))
        for at in parts
        if known[at] is None
    }
    counted = how_many(session, unknown)
    return [
        Group(
            f"{by.value}-{_value(by, rows[0])}" if by != GroupBy.STATUS else rows[0].status,
            title_of(by, rows[0]),
            counted.get(at, known[at] or "") if at in parts else str(len(rows)),
            rows,
            by.value,
        )
        for at, rows in enumerate(found)
    ]


def title_of(by: GroupBy, row: Row) -> str | None:
    """What the heading over this line says; a status has a mark of its own."""
    titles: dict[GroupBy, str | None] = {
        GroupBy.STATUS: None,
        GroupBy.ASSIGNEE: row.assignee or "Unassigned",
        GroupBy.URGENCY: row.urgency.capitalize(),
        GroupBy.LIST: row.list_name,
        GroupBy.NONE: "All",
    }
    return titles[by]


def _value(by: GroupBy, row: Row) -> Any:
    return {
        GroupBy.STATUS: row.status,
        GroupBy.ASSIGNEE: row.assignee_id or 0,
        GroupBy.URGENCY: row.urgency,
        GroupBy.LIST: row.list_id,
        GroupBy.NONE: "",
    }[by]


def _counted(by: GroupBy, row: Row, filters: Filters, total: Counted) -> str | None:
    """What the side bar has counted already; a state's number is said only where it has."""
    if by == GroupBy.STATUS:
        return total.of(State(row.status))
    if by == GroupBy.NONE and not filters.view.terms:
        return str(total)
    return None


def _narrowed(filters: Filters, row: Row) -> Filters:
    """The same filters for what stands together with this line."""
    match filters.grouped:
        case GroupBy.ASSIGNEE:
            return filters.but("assignee", row.assignee_id or Whose.NOBODY)
        case GroupBy.URGENCY:
            return filters.but("urgency", Urgency(row.urgency))
        case GroupBy.LIST:
            return filters.but("list", row.list_id)
        case _:
            return filters
