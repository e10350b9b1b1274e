"""A change of a ticket, field by field, through the use cases: who may do what is theirs to say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.api import Unset
from groupware.errors import Forbidden, Invalid
from groupware.models import Level, Location, User
from modules.tasks import fields as custom_fields
from modules.tasks import tickets
from modules.tasks.access import require
from modules.tasks.api.shapes import NewTicket, TicketChange
from modules.tasks.icalendar.times import DAY_ENDS
from modules.tasks.models import Category, Participant, Task, TaskList
from modules.tasks.people import who_may_take_part, who_may_work
from modules.tasks.queries import categories_for, lists_worked_by, locations_of

YEARS = range(1970, 2200)


@dataclass(frozen=True)
class Doing:
    """Who changes which ticket, and when."""

    session: Session
    actor: User
    ticket: Task
    now: datetime

    def one(self, query: Any, **wrong: str) -> Any:
        """What an id means among what may be chosen; raises Invalid."""
        found = self.session.scalars(query.limit(1)).unique().one_or_none()
        if found is None:
            raise Invalid(**wrong)
        return found


def change(doing: Doing, wish: TicketChange | NewTicket) -> None:
    """Carry out the fields that were sent; the first that is refused refuses all.

    A field that this person may not set at all is refused even where it would change nothing.
    """
    sent = {
        each.name: value
        for each in fields(wish)
        if not isinstance(value := getattr(wish, each.name), Unset)
    }
    if sent.keys() & STAFF.keys():
        require(doing.session, doing.actor, Level.WRITE, doing.ticket.task_list)
    for name, act in ACTS.items():
        if name in sent:
            act(doing, sent)


def _text(doing: Doing, sent: Mapping[str, Any]) -> None:
    ticket = doing.ticket
    tickets.edit(
        doing.session,
        doing.actor,
        ticket,
        subject=sent.get("subject", ticket.summary),
        details=sent.get("details", ticket.description),
        now=doing.now,
    )


def _status(doing: Doing, sent: Mapping[str, Any]) -> None:
    tickets.set_state(doing.session, doing.actor, doing.ticket, sent["status"], now=doing.now)


def _waiting(doing: Doing, sent: Mapping[str, Any]) -> None:
    waiting = sent.get("waiting", doing.ticket.waiting)
    until = sent.get("waiting_until", doing.ticket.waiting_until)
    if until is not None and until.year not in YEARS:
        raise Invalid(waiting_until="This date is out of range.")
    tickets.wait(
        doing.session, doing.actor, doing.ticket, waiting=waiting, until=until, now=doing.now
    )


def _assignee(doing: Doing, sent: Mapping[str, Any]) -> None:
    to = None
    if sent["assignee"] is not None:
        people = who_may_work(doing.ticket.task_list).where(User.id == sent["assignee"])
        to = doing.one(people, assignee="This person cannot work on tickets of this list.")
    tickets.assign(doing.session, doing.actor, doing.ticket, to=to, now=doing.now)


def _urgency(doing: Doing, sent: Mapping[str, Any]) -> None:
    tickets.set_urgency(doing.session, doing.actor, doing.ticket, sent["urgency"], now=doing.now)


def _due(doing: Doing, sent: Mapping[str, Any]) -> None:
    due, zone = sent["due"], ZoneInfo(doing.actor.time_zone)
    if due is not None and due.year not in YEARS:
        raise Invalid(due="This date is out of range.")
    is_date = due is not None and not isinstance(due, datetime)
    at = datetime.combine(due, DAY_ENDS, zone).astimezone(UTC) if is_date else due
    tickets.set_due(
        doing.session,
        doing.actor,
        doing.ticket,
        due=at,
        zone=doing.actor.time_zone,
        is_date=is_date,
        now=doing.now,
    )


def _categories(doing: Doing, sent: Mapping[str, Any]) -> None:
    ids = set(sent["categories"])
    there = {each.id: each for each in doing.ticket.categories if each.id in ids}
    meant = categories_for(doing.ticket.task_list).where(Category.id.in_(ids))
    there.update({each.id: each for each in doing.session.scalars(meant).unique()})
    if ids - there.keys():
        raise Invalid(categories="This is no category of this list.")
    tickets.categorise(doing.session, doing.actor, doing.ticket, there.values(), now=doing.now)


def _location(doing: Doing, sent: Mapping[str, Any]) -> None:
    ticket, wanted = doing.ticket, sent["location"]
    location = None
    if wanted is not None:
        if ticket.location_id == wanted:
            location = ticket.location
        else:
            # Of a ticket without a customer the use case judges; it is staff that asks.
            choices = locations_of(ticket.customer) if ticket.customer else select(Location)
            location = doing.one(
                choices.where(Location.id == wanted), location="This location cannot be chosen."
            )
    tickets.locate(doing.session, doing.actor, ticket, location, now=doing.now)


def _customer(doing: Doing, sent: Mapping[str, Any]) -> None:
    person = _taker(doing, sent["customer"], "customer")
    tickets.hand_to(doing.session, doing.actor, doing.ticket, person, now=doing.now)


def _participants(doing: Doing, sent: Mapping[str, Any]) -> None:
    wanted = set(sent["participants"])
    rows = doing.session.scalars(
        select(Participant).where(
            Participant.task_id == doing.ticket.id, Participant.is_customer.is_(False)
        )
    ).all()
    there = {row.user_id: row.user for row in rows}
    for user_id in sorted(wanted - there.keys() - {doing.ticket.customer_id}):
        person = _taker(doing, user_id, "participants")
        tickets.add_participant(doing.session, doing.actor, doing.ticket, person, now=doing.now)
    for user_id in sorted(there.keys() - wanted):
        tickets.remove_participant(
            doing.session, doing.actor, doing.ticket, there[user_id], now=doing.now
        )


def _move(doing: Doing, sent: Mapping[str, Any]) -> None:
    choices = lists_worked_by(doing.actor).where(TaskList.id == sent["task_list"])
    there = doing.one(choices, task_list="There is no such list for you.")
    tickets.move(doing.session, doing.actor, doing.ticket, there, now=doing.now)


def _custom(doing: Doing, sent: Mapping[str, Any]) -> None:
    custom_fields.write(doing.session, doing.actor, doing.ticket, sent["custom"], now=doing.now)


def _taker(doing: Doing, user_id: int, name: str) -> User:
    people = who_may_take_part().where(User.id == user_id)
    person = doing.one(people, **{name: "This person cannot use support requests."})
    if not isinstance(person, User):
        raise Forbidden
    return person


Act = Callable[[Doing, Mapping[str, Any]], None]

# A move comes first: what else is sent is meant for where the ticket goes.
STAFF: dict[str, Act] = {
    "task_list": _move,
    "customer": _customer,
    "location": _location,
    "status": _status,
    "waiting": _waiting,
    "waiting_until": _waiting,
    "assignee": _assignee,
    "urgency": _urgency,
    "due": _due,
    "categories": _categories,
    "participants": _participants,
}
ACTS: dict[str, Act] = {"subject": _text, "details": _text, **STAFF, "custom": _custom}
