"""Locations: where one may ask from; managers make them and say who may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Select, select

from groupware.api import ANYBODY, UNSET, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.models import Location as Row
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    rights,
    session,
)
from modules.tasks import locations
from modules.tasks.api import access_lists
from modules.tasks.api.access_lists import Access, AccessChange
from modules.tasks.queries import locations_of

nouns = Noun("locations", "Places that requests are filed for.")

Name = Annotated[str, Says("A name that no other has.", least=1, most=200, example="Maple Street")]


@dataclass(frozen=True)
class Location:
    """A place."""

    id: int
    name: str
    archived: bool


@dataclass(frozen=True)
class NewLocation:
    """What a location is made of."""

    name: Name


@dataclass(frozen=True)
class LocationChange:
    """What becomes of a location; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    archived: Annotated[bool | Unset, Says("An archived one is no longer offered.")] = UNSET


@nouns.get("/locations")
@open_to(*ANYBODY)
def listed(query: Paging) -> Page[Location]:
    """Locations by name: for customers, those that they may choose."""
    return page_of(session(), _all(), query, Row.name, Row.id, show=_shown)


@nouns.post("/locations")
@open_to(MANAGE_SUPPORT)
def create(body: NewLocation) -> Made[Location]:
    """Make a location, for which nobody may file yet."""
    made = locations.create(session(), actor(), name=body.name, now=now())
    return Made(_shown([made])[0], f"/api/v1/locations/{made.id}")


@nouns.get("/locations/<int:location_id>")
@open_to(*ANYBODY)
def show(location_id: int) -> Location:
    """A location."""
    return _shown([_location(location_id)])[0]


@nouns.patch("/locations/<int:location_id>")
@open_to(MANAGE_SUPPORT)
def edit(location_id: int, body: LocationChange) -> Location:
    """Rename a location, archive it or bring it back."""
    row = _location(location_id)
    if not isinstance(body.name, Unset):
        locations.rename(session(), actor(), row, name=body.name, now=now())
    if not isinstance(body.archived, Unset):
        act = locations.archive if body.archived else locations.restore
        act(session(), actor(), row, now=now())
    return _shown([row])[0]


@nouns.get("/locations/<int:location_id>/access")
@open_to(MANAGE_SUPPORT)
def access(location_id: int) -> Access:
    """Who may file for a location: the level is `read`."""
    return access_lists.shown(_location(location_id).acl_id)


@nouns.patch("/locations/<int:location_id>/access")
@open_to(MANAGE_SUPPORT)
def set_access(location_id: int, body: AccessChange) -> Access:
    """Say who may file for a location."""
    row = _location(location_id)
    wanted = access_lists.levels(row.acl_id, body.lines)
    locations.set_access(session(), actor(), row, wanted, now=now())
    return access_lists.shown(row.acl_id)


def _all() -> Select[Row]:
    staff = {MANAGE_TICKETS, MANAGE_SUPPORT} & rights().permissions
    return select(Row) if staff else locations_of(actor())


def _location(location_id: int) -> Row:
    return one(_all().where(Row.id == location_id))


def _shown(rows: Sequence[Row]) -> list[Location]:
    return [Location(each.id, each.name, each.archived) for each in rows]
