"""The agents' page of a ticket: everything that its template draws, prepared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, and_, bindparam, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from groupware.access import access_of, learn_level, level_column
from groupware.errors import NotFound
from groupware.models import Level, User
from groupware.web.words import reader_zone, t_datetime
from modules.support import forms
from modules.support.changes import STATES, URGENCIES, WAITING, Names, people_in, tickets_in
from modules.support.due import Due, due
from modules.support.properties import PROPERTIES
from modules.support.ticket_choices import (
    RELATIONS,
    Around,
    Choice,
    Choices,
    around,
    choices,
)
from modules.support.ticket_company import Beside, Sender, Taker, company
from modules.support.ticket_thread import (
    Cursor,
    File,
    Happening,
    Message,
    Told,
    details_files,
    thread,
    window,
)
from modules.tasks.access import agent_level
from modules.tasks.mail import shown
from modules.tasks.mail.shown import Piece, Shown
from modules.tasks.models import Seen, State, Task, TaskList
from modules.tasks.queries import ANYBODY, worked_by
from modules.tasks.together.there import There


@dataclass(frozen=True)
class TicketPage:
    """What the template draws; it decides nothing."""

    ticket: Task
    level: Level
    thread: Sequence[tuple[bool, Message | Happening]]  # does "new since" stand before it
    files: Sequence[File]
    earlier: Cursor | None
    is_newest: bool
    last_reply: int
    was: dict[str, str]
    choices: Choices
    customer: Taker | None
    takers: Sequence[Taker]
    sender: Sender | None  # in place of a customer
    around: Around
    beside: Beside
    there: There
    mail: Shown | None  # the one that made the ticket
    details: Sequence[Piece]
    relations: Sequence[tuple[str, str]]
    due: Due | None
    due_date: str  # as its fields have it
    due_time: str
    until: str  # as its field has it
    waits: str
    states: Sequence[tuple[str, str]]
    urgencies: Sequence[tuple[str, str]]

    @property
    def works(self) -> bool:
        return self.level >= Level.WRITE

    @property
    def may_delete(self) -> bool:
        return self.level >= Level.DELETE

    @property
    def may_manage(self) -> bool:
        return self.level >= Level.MANAGE


def find(session: Session, actor: User, ticket_id: int) -> tuple[Task, datetime | None]:
    """The ticket, where the person works on its list, and until when they have read it."""
    groups = list(access_of(session, actor).groups)
    bound = {"reader": actor.id, "ticket": ticket_id, "groups": groups}
    row = session.execute(_found(), bound).one_or_none()
    if row is None:
        raise NotFound
    learn_level(session, actor, row[0].task_list.agent_acl_id, row[2])
    return row[0], row[1]


@cache
def _found() -> Any:
    seen = and_(Seen.task_id == Task.id, Seen.user_id == ANYBODY.id)
    groups: Any = bindparam("groups", expanding=True)
    return (
        worked_by(ANYBODY)
        .where(Task.id == bindparam("ticket", type_=Integer()))
        .outerjoin(Seen, seen)
        .join(TaskList, TaskList.id == Task.task_list_id)
        .add_columns(Seen.at, level_column(groups, TaskList.agent_acl_id))
        .options(
            contains_eager(Task.task_list),
            joinedload(Task.customer),
            joinedload(Task.assignee),
            joinedload(Task.location),
        )
    )


def prepare(
    session: Session,
    actor: User,
    ticket: Task,
    *,
    seen: datetime | None,
    cursor: Cursor,
    now: datetime,
) -> TicketPage:
    """The page of a ticket that the person may see, by eight statements."""
    level = agent_level(session, actor, ticket.task_list)
    works = level >= Level.WRITE
    part = window(session, actor, ticket, cursor)
    told = [entry for entry, _ in part.entries]
    found = choices(session, actor, ticket, works=works)
    with_it = company(session, actor, ticket, now=now)
    people = with_it.takers
    others = around(session, actor, ticket, tickets_in(told), now)
    known = {choice.id: choice.name for choice in found.agents}
    known |= {taker.id: taker.name for taker in people}
    known |= {entry.actor_id: name or "" for entry, name in part.entries if entry.actor_id}
    names = Names(
        people=named_people(session, people_in(told), known),
        lists={choice.id: choice.name for choice in found.known_lists},
        tickets=others.visible,
    )
    return TicketPage(
        ticket=ticket,
        level=level,
        thread=_with_one_line(thread(part, ticket, actor, names, seen=seen, works=works, now=now)),
        files=details_files(part),
        mail=part.mails.get(None),
        details=shown.pieces(ticket.description, part.mails.get(None)),
        earlier=part.earlier,
        is_newest=cursor == Cursor(),
        last_reply=ticket.last_reply_id or 0,
        was=_was(ticket, found.chosen),
        choices=found,
        customer=next((taker for taker in people if taker.is_customer), None),
        takers=[taker for taker in people if not taker.is_customer],
        sender=None if ticket.customer_id else with_it.sender,
        around=others,
        beside=with_it.beside,
        there=with_it.there,
        relations=[(word.value, text) for word, text in RELATIONS.items()][::-1],
        due=due(
            ticket.due,
            is_date=ticket.due_is_date,
            active=ticket.state in (State.OPEN, State.IN_PROGRESS),
            now=now,
        ),
        due_date=_as_field(ticket.due, "%Y-%m-%d"),
        due_time="" if ticket.due_is_date else _as_field(ticket.due, "%H:%M"),
        until=_as_field(ticket.waiting_until, "%Y-%m-%dT%H:%M"),
        waits=_waits(ticket),
        states=tuple(STATES.items()),
        urgencies=tuple(URGENCIES.items()),
    )


def names_for(session: Session, actor: User, ticket: Task, told: Iterable[Told]) -> Names:
    """What the ids in these entries are called, for a page that shows nothing else."""
    entries = [entry for entry, _ in told]
    found = choices(session, actor, ticket, works=False)
    numbers = tickets_in(entries)
    visible = worked_by(actor).where(Task.id.in_(numbers)).with_only_columns(Task.id)
    return Names(
        people=named_people(session, people_in(entries), {}),
        lists={choice.id: choice.name for choice in found.known_lists},
        tickets=frozenset(session.scalars(visible)) if numbers else frozenset(),
    )


def named_people(session: Session, wanted: set[int], known: dict[int, str]) -> dict[int, str]:
    """The names of these people; a statement only where somebody is not known yet."""
    if missing := wanted - known.keys():
        rows = session.execute(select(User.id, User.name).where(User.id.in_(missing)))
        known = known | {row.id: row.name for row in rows}
    return known


def _was(ticket: Task, chosen: Sequence[Choice]) -> dict[str, str]:
    was = {name: each.current(ticket) for name, each in PROPERTIES.items() if name != "categories"}
    return {
        **was,
        "categories": forms.categories_wish(choice.id for choice in chosen),
        "customer": str(ticket.customer_id or ""),
    }


def _waits(ticket: Task) -> str:
    if ticket.waiting_until:
        return f"until {t_datetime(ticket.waiting_until)}"
    return f"for {WAITING[ticket.waiting]}" if ticket.waiting else ""


def _as_field(at: datetime | None, form: str) -> str:
    return at.astimezone(reader_zone()).strftime(form) if at else ""


def _with_one_line(items: list[Message | Happening]) -> list[tuple[bool, Message | Happening]]:
    """Each entry, and whether the line "New since you were here" stands before it."""
    first = next((index for index, item in enumerate(items) if item.new), None)
    return [(index == first, item) for index, item in enumerate(items)]
