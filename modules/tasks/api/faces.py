"""Tickets as the API shows them: the agent's face where the reader works on the list, else the customer's."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from groupware.access import access_of
from groupware.api import Ref
from groupware.errors import Forbidden
from groupware.models import Level, User
from groupware.web.request import actor, one, services, session
from modules.tasks.access import agent_levels
from modules.tasks.api.shapes import LinkedTicket, Ticket
from modules.tasks.fields import fields_of_lists
from modules.tasks.fields import read as custom_of
from modules.tasks.models import Link, Participant, State, Task, Waiting
from modules.tasks.queries import visible_to, worked_by
from modules.tasks.tickets.links import Relation

MOST_PEOPLE = 1000


@dataclass(frozen=True)
class Beside:
    """What stands beside the rows of some tickets, and how the reader stands to them."""

    levels: Mapping[int, Level]
    customer: bool
    people: Mapping[int, Sequence[tuple[Ref, bool]]] = field(default_factory=dict)
    links: Mapping[int, Sequence[LinkedTicket]] = field(default_factory=dict)


def found(ticket_id: int, *, held: bool = False) -> Task:
    """A ticket that the reader may see; `held`, nobody else changes it until the request's end."""
    query = visible_to(actor()).where(Task.id == ticket_id)
    return one(query.with_for_update(of=Task) if held else query)


def worked(ticket_id: int, *, held: bool = False) -> Task:
    """The same, for what is shown to the list's agents alone."""
    ticket = found(ticket_id, held=held)
    if not works_on(ticket):
        raise Forbidden
    return ticket


def works_on(ticket: Task) -> bool:
    """True where the reader is shown the agent's face."""
    return agent_levels(session(), actor()).get(ticket.task_list_id, 0) >= Level.READ


def shown(tickets: Sequence[Task], *, as_customer: bool = False) -> list[Ticket]:
    """These tickets as the reader may see them."""
    person, reading = actor(), session()
    levels = {} if as_customer else agent_levels(reading, person)
    ids = [ticket.id for ticket in tickets]
    _load(reading, ids)
    fields_of_lists(reading, {each.task_list_id for each in tickets})
    worked = [each.id for each in tickets if levels.get(each.task_list_id, 0) >= Level.READ]
    beside = Beside(
        levels,
        access_of(reading, person).customer,
        _people(reading, ids),
        _links(reading, person, worked),
    )
    return [_ticket(each, person, beside) for each in tickets]


def with_parts(query: Select[Task]) -> Select[Task]:
    """The query, with what a ticket shows of itself fetched along."""
    return query.options(
        joinedload(Task.task_list),
        joinedload(Task.customer),
        joinedload(Task.assignee),
        joinedload(Task.location),
        selectinload(Task.categories),
    )


def _load(reading: Session, ids: Collection[int]) -> None:
    # The rows are in the session already; this fetches what they point at, in one go.
    if ids:
        query = with_parts(visible_to(actor())).where(Task.id.in_(ids))
        reading.scalars(query).unique().all()


def _ticket(ticket: Task, reader: User, beside: Beside) -> Ticket:
    level = beside.levels.get(ticket.task_list_id, Level.NONE)
    agent = level >= Level.READ
    people = beside.people.get(ticket.id, ())
    takes_part = beside.customer and any(each.id == reader.id for each, _ in people)
    waits = agent or ticket.waiting == Waiting.CUSTOMER
    return Ticket(
        id=ticket.id,
        uid=ticket.uid,
        subject=ticket.summary,
        details=ticket.description,
        status=ticket.state,
        waiting=Waiting(ticket.waiting) if ticket.waiting and waits else None,
        waiting_until=ticket.waiting_until if agent else None,
        urgency=ticket.urgency,
        location=_ref(ticket.location),
        task_list=Ref(ticket.task_list.id, ticket.task_list.name),
        categories=[Ref(each.id, each.name) for each in ticket.categories] if agent else [],
        customer=_ref(ticket.customer),
        participants=[each for each, customer in people if agent and not customer],
        assignee=_ref(ticket.assignee) if agent else None,
        due=due_of(ticket) if agent else None,
        created=ticket.created,
        updated=ticket.last_modified if agent else ticket.public_modified,
        links=list(beside.links.get(ticket.id, ())),
        custom=custom_of(session(), ticket, public=not agent),
        permissions=list(_permissions(ticket, level, takes_part=takes_part)),
        url=_page(ticket, agent=agent),
    )


def due_of(ticket: Task) -> datetime | date | None:
    """When it is due: a day where it was said as one."""
    if ticket.due is None or not ticket.due_is_date:
        return ticket.due
    return ticket.due.astimezone(_zone(ticket.due_tz)).date()


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError):
        return UTC


def _permissions(ticket: Task, level: Level, *, takes_part: bool) -> Iterable[str]:
    if takes_part:
        yield "respond"
    if level >= Level.WRITE or (takes_part and ticket.state != State.CLOSED):
        yield "edit"
    if level >= Level.WRITE:
        yield from ("reply", "note", "change")
    if level >= Level.DELETE:
        yield "delete"
    if level >= Level.MANAGE:
        yield "manage"


def _page(ticket: Task, *, agent: bool) -> str:
    path = "/support/tickets/" if agent else "/tickets/view/"
    return f"{services().settings.base_url}{path}{ticket.id}"


def _people(reading: Session, ids: Collection[int]) -> dict[int, list[tuple[Ref, bool]]]:
    people: dict[int, list[tuple[Ref, bool]]] = defaultdict(list)
    if ids:
        rows = reading.execute(
            select(Participant.task_id, User.id, User.name, Participant.is_customer)
            .join(User, User.id == Participant.user_id)
            .where(Participant.task_id.in_(ids))
            .order_by(User.name, User.id)
            .limit(MOST_PEOPLE)
        )
        for task_id, user_id, name, is_customer in rows:
            people[task_id].append((Ref(user_id, name), is_customer))
    return people


def _links(reading: Session, reader: User, ids: Collection[int]) -> dict[int, list[LinkedTicket]]:
    links: dict[int, list[LinkedTicket]] = defaultdict(list)
    if not ids:
        return links
    ends = select(Link.source_id, Link.target_id, Link.kind).where(
        or_(Link.source_id.in_(ids), Link.target_id.in_(ids))
    )
    both: list[tuple[int, int, str]] = [
        (row[0], row[1], row[2]) for row in reading.execute(ends.limit(MOST_PEOPLE))
    ]
    named = {end for row in both for end in (row[0], row[1])}
    rows = worked_by(reader).with_only_columns(Task.id, Task.summary).where(Task.id.in_(named))
    subjects: dict[int, str] = {row[0]: row[1] for row in reading.execute(rows)} if named else {}
    for source, target, kind in both:
        for here, there in ((source, target), (target, source)):
            if here in ids and there in subjects:
                relation = Relation.of(kind, is_source=here == source)
                links[here].append(LinkedTicket(there, subjects[there], kind, relation))
    return links


def _ref(row: object) -> Ref | None:
    return Ref(row.id, row.name) if row is not None else None  # type: ignore[attr-defined]
