"""The headings under which task lists stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import select

from groupware.api import UNSET, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, one, open_to, session
from modules.tasks import groupings
from modules.tasks.models import Grouping as Row

nouns = Noun("headings", "Task lists stand under headings; managers make and change them.")

Name = Annotated[
    str, Says("A name that no other has.", least=1, most=200, example="Clinic software")
]


@dataclass(frozen=True)
class Heading:
    """A heading."""

    id: int
    name: str
    position: int


@dataclass(frozen=True)
class NewHeading:
    """What a heading is called."""

    name: Name


@dataclass(frozen=True)
class HeadingChange:
    """What becomes of a heading; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    position: Annotated[int | Unset, Says("Counted from 1.", least=1, most=1000)] = UNSET


@nouns.get("/headings")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: Paging) -> Page[Heading]:
    """The headings, in their order."""
    return page_of(session(), select(Row), query, Row.position, Row.id, show=_shown)


@nouns.post("/headings")
@open_to(MANAGE_SUPPORT)
def create(body: NewHeading) -> Made[Heading]:
    """Make a heading, or find the one of this name."""
    made = groupings.named_so(session(), actor(), body.name, now=now())
    return Made(_shown([made])[0], f"/api/v1/headings/{made.id}")


@nouns.get("/headings/<int:heading_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(heading_id: int) -> Heading:
    """A heading."""
    return _shown([_heading(heading_id)])[0]


@nouns.patch("/headings/<int:heading_id>")
@open_to(MANAGE_SUPPORT)
def edit(heading_id: int, body: HeadingChange) -> Heading:
    """Call a heading something else, or move it."""
    row = _heading(heading_id)
    if not isinstance(body.name, Unset):
        groupings.rename(session(), actor(), row, name=body.name, now=now())
    if not isinstance(body.position, Unset):
        order = select(Row.id).order_by(Row.position, Row.name, Row.id)
        there = list(session().scalars(order))
        by = body.position - 1 - there.index(row.id)
        groupings.shift(session(), actor(), row, by=by, now=now())
    session().flush()
    return _shown([row])[0]


@nouns.delete("/headings/<int:heading_id>")
@open_to(MANAGE_SUPPORT)
def delete(heading_id: int) -> None:
    """Remove a heading; its lists stand under none then."""
    groupings.delete(session(), actor(), _heading(heading_id), now=now())


def _heading(heading_id: int) -> Row:
    return one(select(Row).where(Row.id == heading_id))


def _shown(rows: Sequence[Row]) -> list[Heading]:
    return [Heading(each.id, each.name, each.position) for each in rows]
