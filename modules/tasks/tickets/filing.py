"""Filing a ticket, and its subject and details."""

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.access import level_in
from groupware.errors import Forbidden, Invalid
from groupware.models import Level, Location, User
from groupware.text import cleaned, one_line
from modules.tasks import events, fields, files
from modules.tasks.access import agent_level, may_submit, owns, require
from modules.tasks.files import Incoming
from modules.tasks.history import changed
from modules.tasks.models import Participant, State, Status, Task, TaskList, Urgency
from modules.tasks.tickets import numbers

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
    # Custom fields by slug; None: it came without a form, and nothing is demanded.
    custom: Mapping[str, Any] | None = None


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
    return _file(session, actor, actor, task_list, request, now=now, source=source, staff=False)


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
    return _file(session, actor, customer, task_list, request, now=now, source=source, staff=True)


def _file(
    session: Session,
    actor: User,
    customer: User,
    task_list: TaskList,
    request: Request,
    *,
    now: datetime,
    source: str,
    staff: bool,
) -> Task:
    subject, details = checked(request.subject, request.details)
    check_location(session, customer, task_list, request.location)
    custom = None
    if request.custom is not None:
        custom = fields.for_filing(session, actor, task_list, request.custom, staff=staff)
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
        custom=custom,
    )
    files.attach(session, actor, ticket, None, request.files, now=now)
    tell_filed(session, actor, ticket, now=now)
    return ticket


def begin(
    session: Session,
    actor: User | None,
    *,
    customer: User | None,
    task_list: TaskList,
    location: Location | None,
    subject: str,
    details: str,
    priority: int,
    now: datetime,
    source: str,
    custom: Mapping[str, Any] | None = None,
    at_once: bool = True,
) -> Task:
    """A new ticket and its customer's part in it; permission was checked before.

    Without `custom` the list's fields have their defaults. Not `at_once`: within a run its row is
    written when it is asked for, together with others.
    """
    number = numbers.ahead(session)
    ticket = Task(
        id=number,
        uid=f"{uuid.uuid4()}",
        task_list=task_list,
        task_list_id=task_list.id,
        customer=customer,
        location=location,
        summary=subject,
        description=details,
        status=Status.NEEDS_ACTION,
        priority=priority,
        sequence=0,
        file_count=0,
        created=now,
        last_modified=now,
        public_modified=now,
        asked_at=now,
        created_by_id=actor.id if actor else None,
        source=source,
    )
    session.add(ticket)
    if at_once or number is None:
        session.flush()
    if customer is not None:
        session.add(Participant(task=ticket, user_id=customer.id, is_customer=True))
    if custom := fields.defaults(session, task_list.id) if custom is None else custom:
        fields.keep(session, ticket, custom)
    return ticket


def tell_filed(session: Session, actor: User | None, ticket: Task, *, now: datetime) -> None:
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
    bare: bool = False,
) -> None:
    """Change subject and details; the earlier text stays in the history. `bare`: without details."""
    staff = agent_level(session, actor, ticket.task_list) >= Level.WRITE
    if not staff and not (owns(session, actor, ticket) and ticket.state != State.CLOSED):
        raise Forbidden
    # What came without details, from a calendar, may stay without.
    subject, details = checked(subject, details, bare=bare or not ticket.description)
    changes: dict[str, Any] = {}
    if subject != ticket.summary:
        changes["summary"] = [ticket.summary, subject]
    if details != ticket.description:
        changes["description"] = [ticket.description, details]
    if not changes:
        return
    ticket.summary, ticket.description = subject, details
    changed(session, actor, ticket, "edited", now=now, public=True, **changes)


def check_location(
    session: Session, customer: User, task_list: TaskList, location: Location | None
) -> None:
    """Refuse a location that the customer may not file for, or none where the list asks for one."""
    if location is None:
        if task_list.location_required:
            raise Invalid(location="Location is required.")
    elif location.archived or level_in(session, customer, location.acl_id) < Level.READ:
        raise Invalid(location="This location cannot be chosen.")


def checked(subject: str, details: str, *, bare: bool = False) -> tuple[str, str]:
    """Subject and details as they may be kept; `bare` ones may have no details."""
    subject = one_line(subject)
    details = cleaned(details).strip()
    problems = {}
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in subject):
        problems["subject"] = "Subject is required."
    elif len(subject) > LONGEST_SUBJECT:
        problems["subject"] = f"Subject is longer than {LONGEST_SUBJECT} characters."
    if not details and not bare:
        problems["details"] = "Details are required."
    elif len(details) > LONGEST_TEXT:
        problems["details"] = f"Details are longer than {LONGEST_TEXT:,} characters."
    if problems:
        raise Invalid(**problems)
    return subject, details
