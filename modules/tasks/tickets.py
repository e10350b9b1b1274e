"""A ticket's life: each use case checks, changes, tells. Rules as in docs/permissions.md.

open -> in progress -> resolved -> closed
  ^________|______________|          a customer's response leads back (see conversation.py)
"""

import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.access import access_of, level_in
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level, Location, User
from modules.tasks import events, files
from modules.tasks.access import agent_level, may_submit, owns, require
from modules.tasks.files import Incoming
from modules.tasks.history import changed
from modules.tasks.models import (
    Category,
    Link,
    Participant,
    State,
    Task,
    TaskList,
    Urgency,
    Waiting,
)

LONGEST_SUBJECT = 200
LONGEST_TEXT = 100_000
NO_LOCATION = (
    "You have no access to any location, so a request cannot be filed. "
    "Please ask your manager to give you access to one."
)


@dataclass(frozen=True)
class Request:
    """What somebody fills in to get support."""

    subject: str
    details: str
    urgency: Urgency
    location: Location | None
    files: Sequence[Incoming] = ()


def file(
    session: Session,
    actor: User,
    task_list: TaskList,
    request: Request,
    *,
    now: datetime,
    source: str = "web",
) -> Task:
    """File a request of one's own; it is open."""
    if not may_submit(session, actor, task_list):
        raise Forbidden
    return _file(session, actor, actor, task_list, request, now=now, source=source)


def file_for(
    session: Session,
    actor: User,
    customer: User,
    task_list: TaskList,
    request: Request,
    *,
    now: datetime,
    source: str = "web",
) -> Task:
    """File a request for a customer who may submit in this list, with a location of theirs."""
    require(session, actor, Level.CREATE, task_list)
    if not may_submit(session, customer, task_list):
        raise Invalid(customer="This person may not ask in this list.")
    return _file(session, actor, customer, task_list, request, now=now, source=source)


def _file(
    session: Session,
    actor: User,
    customer: User,
    task_list: TaskList,
    request: Request,
    *,
    now: datetime,
    source: str,
) -> Task:
    subject, details = _checked(request.subject, request.details)
    _check_location(session, customer, task_list, request.location)
    ticket = begin(
        session,
        actor,
        customer=customer,
        task_list=task_list,
        location=request.location,
        subject=subject,
        details=details,
        priority=request.urgency.priority,
        now=now,
        source=source,
    )
    files.attach(session, actor, ticket, None, request.files, now=now)
    tell_filed(session, actor, ticket, now=now)
    return ticket


def begin(
    session: Session,
    actor: User,
    *,
    customer: User,
    task_list: TaskList,
    location: Location | None,
    subject: str,
    details: str,
    priority: int,
    now: datetime,
    source: str,
) -> Task:
    """A new ticket and its customer's part in it; permission was checked before."""
    ticket = Task(
        uid=f"{uuid.uuid4()}",
        task_list=task_list,
        task_list_id=task_list.id,
        customer=customer,
        location=location,
        summary=subject,
        description=details,
        priority=priority,
        created=now,
        last_modified=now,
        public_modified=now,
        asked_at=now,
        created_by_id=actor.id,
        source=source,
    )
    session.add(ticket)
    session.flush()
    session.add(Participant(task_id=ticket.id, user_id=customer.id, is_customer=True))
    return ticket


def tell_filed(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """The last move of whatever made a ticket."""
    changed(
        session,
        actor,
        ticket,
        "filed",
        now=now,
        public=True,
        event=events.TicketFiled(ticket=ticket, by=actor, at=now),
    )


def edit(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    subject: str,
    details: str,
    now: datetime,
) -> None:
    """Change subject and details; the earlier text stays in the history."""
    staff = agent_level(session, actor, ticket.task_list) >= Level.WRITE
    if not staff and not (owns(session, actor, ticket) and ticket.state != State.CLOSED):
        raise Forbidden
    subject, details = _checked(subject, details)
    changes: dict[str, Any] = {}
    if subject != ticket.summary:
        changes["summary"] = [ticket.summary, subject]
    if details != ticket.description:
        changes["description"] = [ticket.description, details]
    if not changes:
        return
    ticket.summary, ticket.description = subject, details
    changed(session, actor, ticket, "edited", now=now, public=True, **changes)


def assign(session: Session, actor: User, ticket: Task, *, to: User | None, now: datetime) -> None:
    """Give a ticket to a colleague, or to nobody; its status stays."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if to is not None and agent_level(session, to, ticket.task_list) < Level.WRITE:
        raise Invalid(assignee="This person cannot work on tickets of this list.")
    give(session, actor, ticket, to, now=now)


def give(
    session: Session,
    actor: User | None,
    ticket: Task,
    to: User | None,
    *,
    now: datetime,
) -> None:
    """What `assign` does once permission was checked; rules of a ticket's life do it too."""
    before = ticket.assignee
    if before is to:
        return
    ticket.assignee = to
    changed(
        session,
        actor,
        ticket,
        "assigned",
        now=now,
        public=False,
        event=events.TicketAssigned(ticket=ticket, by=actor, at=now, before=before, to=to),
        assignee=[before and before.id, to and to.id],
    )


def set_state(session: Session, actor: User, ticket: Task, state: State, *, now: datetime) -> None:
    """Make a ticket open, in progress, resolved or closed, as an agent."""
    require(session, actor, Level.WRITE, ticket.task_list)
    change_state(session, actor, ticket, state, now=now)


def change_state(
    session: Session, actor: User | None, ticket: Task, state: State, *, now: datetime
) -> None:
    """What `set_state` does once permission was checked; rules of a ticket's life do it too."""
    before = ticket.state
    if state == before:
        return
    event: events.TicketEvent | None = None
    if state == State.OPEN:
        ticket.open()
        event = events.TicketReopened(ticket=ticket, by=actor, at=now)
    elif state == State.IN_PROGRESS:
        ticket.progress()
    elif state == State.RESOLVED:
        ticket.complete(now)
        event = events.TicketResolved(ticket=ticket, by=actor, at=now)
    else:
        ticket.close(now)
        event = events.TicketClosed(ticket=ticket, by=actor, at=now)
    act = {State.IN_PROGRESS: "started", State.OPEN: "reopened"}.get(state, state.value)
    changed(
        session,
        actor,
        ticket,
        act,
        now=now,
        public=True,
        event=event,
        status=[before.value, state.value],
    )


def wait(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    waiting: Waiting | None,
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Say for whom or what a ticket waits, or that it waits no more; waiting is in progress."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if waiting == Waiting.UNTIL and (until is None or until <= now):
        raise Invalid(until="Please give a time to come.")
    if waiting is not None and ticket.state != State.IN_PROGRESS:
        change_state(session, actor, ticket, State.IN_PROGRESS, now=now)
    before = ticket.waiting
    until = until if waiting == Waiting.UNTIL else None
    if (before, ticket.waiting_until) == (waiting, until):
        return
    ticket.waiting, ticket.waiting_until = waiting, until
    # That staff waits for the customer is the customer's business; for anybody else it is not.
    public = Waiting.CUSTOMER in (before, waiting)
    changed(
        session,
        actor,
        ticket,
        "waiting",
        now=now,
        public=public,
        waiting=[before, waiting],
    )


def set_urgency(
    session: Session, actor: User, ticket: Task, urgency: Urgency, *, now: datetime
) -> None:
    """Change the urgency; a PRIORITY within the same band stays as it was."""
    require(session, actor, Level.WRITE, ticket.task_list)
    before = ticket.urgency
    if urgency == before:
        return
    ticket.priority = urgency.priority
    changed(
        session,
        actor,
        ticket,
        "urgency",
        now=now,
        public=False,
        urgency=[before.value, urgency.value],
    )


def set_due(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    due: datetime | None,
    zone: str | None = None,
    is_date: bool = False,
    now: datetime,
) -> None:
    """Change by when it is due; `zone` is the TZID in which the person said it."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if due and ticket.start and due < ticket.start:
        raise Invalid(due="Due is before start.")
    before = ticket.due
    if (due, is_date) == (before, ticket.due_is_date):
        return
    ticket.due, ticket.due_tz, ticket.due_is_date = due, zone, is_date
    changed(
        session,
        actor,
        ticket,
        "due",
        now=now,
        public=False,
        due=[before and before.isoformat(), due and due.isoformat()],
    )


def categorise(
    session: Session,
    actor: User,
    ticket: Task,
    categories: Iterable[Category],
    *,
    now: datetime,
) -> None:
    """Give a ticket exactly these categories, which must be meant for its list."""
    require(session, actor, Level.WRITE, ticket.task_list)
    wanted = sorted(set(categories), key=lambda category: category.name)
    for category in wanted:
        if category.task_lists and ticket.task_list not in category.task_lists:
            raise Invalid(categories=f"{category.name} is not a category of this list.")
    before = list(ticket.categories)
    if wanted == before:
        return
    ticket.categories = wanted
    changed(
        session,
        actor,
        ticket,
        "categories",
        now=now,
        public=False,
        categories=[[c.name for c in before], [c.name for c in wanted]],
    )


def locate(
    session: Session,
    actor: User,
    ticket: Task,
    location: Location | None,
    *,
    now: datetime,
) -> None:
    """Change the location, to one that the customer may file for."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if location is ticket.location:
        return
    if ticket.customer is not None:
        _check_location(session, ticket.customer, ticket.task_list, location)
    before, ticket.location = ticket.location, location
    changed(
        session,
        actor,
        ticket,
        "location",
        now=now,
        public=True,
        location=[before and before.name, location and location.name],
    )


def hand_to(session: Session, actor: User, ticket: Task, customer: User, *, now: datetime) -> None:
    """Make somebody else the customer; who was it sees the ticket no more."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if not may_submit(session, customer, ticket.task_list):
        raise Invalid(customer="This person may not ask in this list.")
    before = ticket.customer
    if before is customer:
        return
    if before is not None and (old := session.get(Participant, (before.id, ticket.id))):
        session.delete(old)
        session.flush()
    if there := session.get(Participant, (customer.id, ticket.id)):
        there.is_customer = True
    else:
        session.add(Participant(task_id=ticket.id, user_id=customer.id, is_customer=True))
    ticket.customer = customer
    changed(
        session,
        actor,
        ticket,
        "customer",
        now=now,
        public=False,
        customer=[before and before.id, customer.id],
    )


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
    changed(session, actor, ticket, "participants", now=now, public=True, added=person.id)


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
    changed(session, actor, ticket, "participants", now=now, public=True, removed=person.id)


def move(
    session: Session, actor: User, ticket: Task, task_list: TaskList, *, now: datetime
) -> None:
    """Move a ticket to another list; an assignee who may not work there is cleared."""
    require(session, actor, Level.WRITE, ticket.task_list)
    require(session, actor, Level.CREATE, task_list)
    source = ticket.task_list
    if task_list is source:
        return
    if ticket.assignee and agent_level(session, ticket.assignee, task_list) < Level.WRITE:
        give(session, actor, ticket, None, now=now)
    ticket.categories = [
        category
        for category in ticket.categories
        if not category.task_lists or task_list in category.task_lists
    ]
    ticket.task_list, ticket.task_list_id = task_list, task_list.id
    changed(
        session,
        actor,
        ticket,
        "moved",
        now=now,
        public=False,
        event=events.TicketMoved(ticket=ticket, by=actor, at=now, from_list_id=source.id),
        task_list=[source.id, task_list.id],
    )


def link(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """Note that two tickets belong together; needs READ on the other's list."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if agent_level(session, actor, other.task_list) < Level.READ:
        raise NotFound
    if other is ticket:
        raise Invalid(link="A ticket cannot be linked to itself.")
    if any(session.get(Link, (*pair, "related")) for pair in _both(ticket, other)):
        return
    session.add(Link(source_id=ticket.id, target_id=other.id, kind="related"))
    for one, another in ((ticket, other), (other, ticket)):
        changed(
            session,
            actor,
            one,
            "linked",
            now=now,
            public=False,
            link=[None, another.id],
        )


def unlink(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """Undo `link`, whichever way it went."""
    require(session, actor, Level.WRITE, ticket.task_list)
    found = [
        kept for pair in _both(ticket, other) if (kept := session.get(Link, (*pair, "related")))
    ]
    for kept in found:
        session.delete(kept)
    if found:
        for one, another in ((ticket, other), (other, ticket)):
            changed(
                session,
                actor,
                one,
                "unlinked",
                now=now,
                public=False,
                link=[another.id, None],
            )


def delete(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """Hide a ticket from everybody; `restore` brings it back."""
    require(session, actor, Level.DELETE, ticket.task_list)
    ticket.deleted_at = now
    changed(
        session,
        actor,
        ticket,
        "deleted",
        now=now,
        public=False,
        event=events.TicketDeleted(ticket=ticket, by=actor, at=now),
    )


def restore(session: Session, actor: User, ticket: Task, *, now: datetime) -> None:
    """Bring a deleted ticket back."""
    require(session, actor, Level.DELETE, ticket.task_list)
    if ticket.deleted_at is not None:
        ticket.deleted_at = None
        changed(session, actor, ticket, "restored", now=now, public=False)


def cleaned(text: str) -> str:
    """Text without NUL, lone surrogates and the controls that turn its direction unseen."""
    return "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in "\n\t"
        or (unicodedata.category(letter) not in ("Cc", "Cs") and letter not in _BIDI)
    )


_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _checked(subject: str, details: str) -> tuple[str, str]:
    subject = " ".join(cleaned(subject).split())
    details = cleaned(details).strip()
    problems = {}
    if not subject:
        problems["subject"] = "Subject is required."
    elif len(subject) > LONGEST_SUBJECT:
        problems["subject"] = f"Subject is longer than {LONGEST_SUBJECT} characters."
    if not details:
        problems["details"] = "Details are required."
    elif len(details) > LONGEST_TEXT:
        problems["details"] = f"Details are longer than {LONGEST_TEXT:,} characters."
    if problems:
        raise Invalid(**problems)
    return subject, details


def _check_location(
    session: Session, customer: User, task_list: TaskList, location: Location | None
) -> None:
    if location is None:
        if task_list.location_required:
            raise Invalid(location="Location is required.")
    elif location.archived or level_in(session, customer, location.acl_id) < Level.READ:
        raise Invalid(location="This location cannot be chosen.")


def _both(one: Task, other: Task) -> tuple[tuple[int, int], tuple[int, int]]:
    return (one.id, other.id), (other.id, one.id)
