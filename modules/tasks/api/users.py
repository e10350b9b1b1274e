"""People, found by name or address: for agents, who file for others and hand tickets on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from groupware.api import Noun, Page, Paging, Says, page_of
from groupware.models import User
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, one, open_to, session
from modules.tasks.people import matching, who_may_take_part, who_may_work_somewhere

nouns = Noun("users", "People who ask and people who answer; for agents only.")


class Part(StrEnum):
    CUSTOMERS = "customers"
    AGENTS = "agents"


@dataclass(frozen=True)
class Person:
    """Somebody who is active."""

    id: int
    name: str
    organisation: str
    addresses: list[str]


@dataclass(frozen=True)
class UserQuery(Paging):
    """Whom."""

    q: Annotated[str, Says("A part of the name, or the beginning of an address.", most=200)] = ""
    part: Annotated[Part | None, Says("Only who may ask, or only who answers.")] = None


@nouns.get("/users")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: UserQuery) -> Page[Person]:
    """People by name."""
    people = _people(query.part)
    if query.q:
        people = people.where(matching(query.q))
    return page_of(session(), _whole(people), query, User.name, User.id, show=_shown)


@nouns.get("/users/<int:user_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(user_id: int) -> Person:
    """Somebody."""
    return _shown([one(_whole(_people(None)).where(User.id == user_id))])[0]


def _people(part: Part | None) -> Select[User]:
    asking, working = who_may_take_part(), who_may_work_somewhere()
    if part is not None:
        return asking if part == Part.CUSTOMERS else working
    ids = [query.with_only_columns(User.id).order_by(None) for query in (asking, working)]
    return select(User).where(or_(*(User.id.in_(each) for each in ids)))


def _whole(people: Select[User]) -> Select[User]:
    return people.options(selectinload(User.addresses))


def _shown(rows: Sequence[User]) -> list[Person]:
    return [
        Person(each.id, each.name, each.organisation, [a.address for a in each.addresses])
        for each in rows
    ]
