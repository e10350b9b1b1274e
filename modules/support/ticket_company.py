"""Who and what goes with a ticket: participants, checklist, pages, colleagues; one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import Session

from groupware.models import Address, User
from groupware.several import Several
from modules.tasks.checklists import ChecklistItem
from modules.tasks.mail.models import Contact
from modules.tasks.models import Participant, Task, WebLink
from modules.tasks.together.there import There, bound, whole

MOST_PEOPLE = 50


@dataclass(frozen=True)
class Taker:
    """Somebody who takes part, with their addresses."""

    id: int
    name: str
    organisation: str
    is_customer: bool
    addresses: Sequence[str]


@dataclass(frozen=True)
class Item:
    """A line of the checklist."""

    id: int
    text: str
    done: bool
    assignee_id: int | None
    assignee: str


@dataclass(frozen=True)
class Page:
    """A page elsewhere."""

    id: int
    href: str
    title: str


@dataclass(frozen=True)
class Beside:
    """What agents keep with a ticket."""

    items: Sequence[Item]
    pages: Sequence[Page]

    @property
    def done(self) -> int:
        return sum(item.done for item in self.items)


@dataclass(frozen=True)
class Sender:
    """Who asked by mail without an account."""

    name: str
    address: str


@dataclass(frozen=True)
class Company:
    """All of it; the customer is the first who takes part."""

    takers: Sequence[Taker]
    sender: Sender | None
    beside: Beside
    there: There


def company(session: Session, reader: User, ticket: Task, *, now: datetime) -> Company:
    """What goes with a ticket that the reader works on."""
    found = _statement().fetch(session, **bound(reader, ticket, now))
    items = sorted(found["items"], key=lambda row: (row.position, row.id))
    return Company(
        takers=_takers(found["takers"]),
        sender=next(
            (Sender(row.name or row.address, row.address) for row in found["sender"]), None
        ),
        beside=Beside(
            [
                Item(row.id, row.text, row.completed is not None, row.assignee_id, row.name or "")
                for row in items
            ],
            [
                Page(row.id, row.url, row.title or urlsplit(row.url).netloc)
                for row in sorted(found["pages"], key=lambda row: row.id)
            ],
        ),
        there=There.of(sorted(found["there"], key=lambda row: row.at), reader.id),
    )


def _takers(rows: Sequence[Any]) -> list[Taker]:
    rows = sorted(rows, key=lambda row: (not row.is_customer, row.name, row.id, row.number or 0))
    found: dict[int, Taker] = {}
    for row in rows:
        before = found.get(row.id)
        addresses = (*(before.addresses if before else ()), *([row.address] if row.address else ()))
        found[row.id] = Taker(row.id, row.name, row.organisation, bool(row.is_customer), addresses)
    return list(found.values())


@cache
def _statement() -> Several:
    ticket: Any = bindparam("ticket", type_=Integer())
    return Several(
        takers=select(
            Participant.is_customer,
            User.id,
            User.name,
            User.organisation,
            Address.id.label("number"),
            Address.address,
        )
        .join(User, User.id == Participant.user_id)
        .outerjoin(Address, Address.user_id == User.id)
        .where(Participant.task_id == ticket)
        .order_by(Participant.is_customer.desc(), User.name, User.id, Address.id)
        .limit(MOST_PEOPLE * 2),
        sender=select(Contact.name, Contact.address).where(Contact.task_id == ticket),
        items=select(
            ChecklistItem.id,
            ChecklistItem.text,
            ChecklistItem.position,
            ChecklistItem.completed,
            User.id.label("assignee_id"),
            User.name,
        )
        .outerjoin(User, User.id == ChecklistItem.assignee_id)
        .where(ChecklistItem.task_id == ticket),
        pages=select(WebLink.id, WebLink.url, WebLink.title).where(WebLink.task_id == ticket),
        there=whole(),
    )
