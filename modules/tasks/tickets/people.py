"""Whose ticket it is: its customer, and who else takes part."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.access import access_of, level_in
from groupware.errors import Invalid
from groupware.models import Level, User
from modules.tasks.access import may_submit, require
from modules.tasks.history import changed
from modules.tasks.models import Participant, Task


def hand_to(session: Session, actor: User, ticket: Task, customer: User, *, now: datetime) -> None:
    """Make somebody else the customer; who was it sees the ticket no more.

    A location that the new one may not file for is cleared.
    """
    require(session, actor, Level.WRITE, ticket.task_list)
    before = ticket.customer
    if before is customer:
        return
    if not may_submit(session, customer, ticket.task_list):
        raise Invalid(customer="This person may not ask in this list.")
    if before is not None and (old := session.get(Participant, (before.id, ticket.id))):
        session.delete(old)
        session.flush()
    if there := session.get(Participant, (customer.id, ticket.id)):
        there.is_customer = True
    else:
        session.add(Participant(task_id=ticket.id, user_id=customer.id, is_customer=True))
    ticket.customer = customer
    changes: dict[str, Any] = {"customer": [before and before.id, customer.id]}
    if ticket.location and level_in(session, customer, ticket.location.acl_id) < Level.READ:
        changes["location"] = [ticket.location.name, None]
        ticket.location = None
    changed(session, actor, ticket, "customer", now=now, public=False, **changes)


def add_participant(
    session: Session, actor: User, ticket: Task, person: User, *, now: datetime
) -> None:
    """Let somebody see and answer the public part of a ticket."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if not access_of(session, person).customer:
        raise Invalid(participant="This person cannot use support requests.")
    if session.get(Participant, (person.id, ticket.id)):
        return
    session.add(Participant(task_id=ticket.id, user_id=person.id))
    _tell(session, actor, ticket, [None, person.id], now=now)


def remove_participant(
    session: Session, actor: User, ticket: Task, person: User, *, now: datetime
) -> None:
    """End somebody's part in a ticket; the customer cannot be removed, only replaced."""
    require(session, actor, Level.WRITE, ticket.task_list)
    there = session.get(Participant, (person.id, ticket.id))
    if there is None:
        return
    if there.is_customer:
        raise Invalid(participant="The customer always takes part.")
    session.delete(there)
    _tell(session, actor, ticket, [person.id, None], now=now)


def _tell(
    session: Session, actor: User, ticket: Task, change: list[int | None], *, now: datetime
) -> None:
    changed(session, actor, ticket, "participants", now=now, public=True, participants=change)
