"""People, found by name or address by agents, who file for others; set up by administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from groupware import credentials, people
from groupware.api import ANYBODY, UNSET, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.models import User
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    rights,
    services,
    session,
)
from modules.tasks.people import matching, who_may_take_part, who_may_work_somewhere

nouns = Noun(
    "users",
    "People who ask and people who answer, for agents; administrators make and change them.",
)


Name = Annotated[str, Says("As others are shown it.", least=1, most=200, example="Ada Maple")]
Organisation = Annotated[str, Says("Whom they belong to.", most=200)]
Address = Annotated[str, Says("An e-mail address.", least=3, most=320, example="ada@example.org")]
Addresses = Annotated[list[Address], Says("Exactly these from now on.", least=1, most=20)]


class Part(StrEnum):
    CUSTOMERS = "customers"
    AGENTS = "agents"


@dataclass(frozen=True)
class Person:
    """Somebody; one who is switched off is shown to administrators alone."""

    id: int
    name: str
    organisation: str
    addresses: list[str]
    active: bool


@dataclass(frozen=True)
class NewUser:
    """Who is new here; they choose their password themselves, by an invitation."""

    name: Name
    address: Address
    organisation: Organisation = ""
    invite: Annotated[bool, Says("Sends them the invitation at once.")] = True


@dataclass(frozen=True)
class UserChange:
    """What becomes of somebody; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    organisation: Organisation | Unset = UNSET
    addresses: Addresses | Unset = UNSET
    active: Annotated[bool | Unset, Says("False shuts them out, at once and everywhere.")] = UNSET


@dataclass(frozen=True)
class UserQuery(Paging):
    """Whom."""

    q: Annotated[str, Says("A part of the name, or the beginning of an address.", most=200)] = ""
    part: Annotated[Part | None, Says("Only who may ask, or only who answers.")] = None


@nouns.get("/users")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: UserQuery) -> Page[Person]:
    """People by name."""
    found = _people(query.part)
    if query.q:
        found = found.where(matching(query.q))
    return page_of(session(), _whole(found), query, User.name, User.id, show=_shown)


@nouns.post("/users")
@open_to(*ANYBODY)
def create(body: NewUser) -> Made[Person]:
    """Make somebody known; for administrators."""
    made = people.create(
        session(),
        actor(),
        name=body.name,
        address=body.address,
        organisation=body.organisation,
        now=now(),
    )
    if body.invite:
        _invite(made)
    return Made(_shown([made])[0], f"/api/v1/users/{made.id}")


@nouns.get("/users/<int:user_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(user_id: int) -> Person:
    """Somebody."""
    return _shown([_user(user_id)])[0]


@nouns.patch("/users/<int:user_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(user_id: int, body: UserChange) -> Person:
    """Change somebody, switch them off or on; for administrators."""
    people.administering(session(), actor())
    person = _user(user_id)
    if not (isinstance(body.name, Unset) and isinstance(body.organisation, Unset)):
        people.edit(
            session(),
            actor(),
            person,
            name=person.name if isinstance(body.name, Unset) else body.name,
            organisation=person.organisation
            if isinstance(body.organisation, Unset)
            else body.organisation,
            now=now(),
        )
    if not isinstance(body.addresses, Unset):
        _set_addresses(person, body.addresses)
    if not isinstance(body.active, Unset):
        act = people.activate if body.active else people.deactivate
        act(session(), actor(), person, now=now())
    session().flush()
    return _shown([person])[0]


@nouns.post("/users/<int:user_id>/invitation")
@open_to(*ANYBODY)
def invite(user_id: int) -> None:
    """Send somebody the link with which they choose a password; for administrators."""
    people.administering(session(), actor())
    _invite(_user(user_id))


def _user(user_id: int) -> User:
    return one(_whole(_people(None)).where(User.id == user_id))


def _invite(person: User) -> None:
    base_url = services().settings.base_url
    credentials.invite(session(), actor(), person, base_url=base_url, now=now())


def _set_addresses(person: User, wanted: Sequence[str]) -> None:
    """Add what is new first: the last address of all stays."""
    if not wanted:
        raise Invalid(addresses="Somebody needs an address.")
    kept = {people.folded(people.checked_address(each)): each for each in wanted}
    there = {each.folded: each for each in person.addresses}
    for folded, address in kept.items():
        if folded not in there:
            people.add_address(session(), actor(), person, address, now=now())
    for folded, row in there.items():
        if folded not in kept:
            people.remove_address(session(), actor(), person, row, now=now())


def _people(part: Part | None) -> Select[User]:
    if part is None and rights().administrator:
        return select(User)
    asking, working = who_may_take_part(), who_may_work_somewhere()
    if part is not None:
        return asking if part == Part.CUSTOMERS else working
    ids = [query.with_only_columns(User.id).order_by(None) for query in (asking, working)]
    return select(User).where(or_(*(User.id.in_(each) for each in ids)))


def _whole(found: Select[User]) -> Select[User]:
    return found.options(selectinload(User.addresses))


def _shown(rows: Sequence[User]) -> list[Person]:
    return [
        Person(
            each.id, each.name, each.organisation, [a.address for a in each.addresses], each.active
        )
        for each in rows
    ]
