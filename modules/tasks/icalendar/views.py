"""Downloads: a ticket by either face, a list, and whatever tickets an agent has chosen."""

import re
from collections.abc import Callable, Iterable, Iterator

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware import journal
from groupware.models import User
from groupware.web.request import (
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    afterwards,
    now,
    one,
    open_to,
    services,
    session,
)
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.writing import calendar
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import asked_by, lists_worked_by, worked_by

blueprint = Blueprint("icalendar", __name__)


@blueprint.get("/support/tickets/<int:ticket_id>.ics")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def of_agent(ticket_id: int) -> ResponseReturnValue:
    """A ticket as its list's agents see it."""
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    return _ticket(ticket, worked_by(actor()), Face.AGENT)


@blueprint.get("/tickets/view/<int:ticket_id>.ics")
@open_to(CREATE_TICKETS)
def of_customer(ticket_id: int) -> ResponseReturnValue:
    """A ticket as its customer sees it."""
    ticket = one(asked_by(actor()).where(Task.id == ticket_id))
    return _ticket(ticket, asked_by(actor()), Face.CUSTOMER)


@blueprint.get("/support/lists/<int:list_id>.ics")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def of_list(list_id: int) -> ResponseReturnValue:
    """All tickets of a list."""
    task_list = one(lists_worked_by(actor()).where(TaskList.id == list_id))
    query = worked_by(actor()).where(Task.task_list_id == task_list.id)
    return download(lambda _reading: [query], task_list.name)


def download(parts: Callable[[Session], Iterable[Select[Task]]], name: str) -> Response:
    """Tickets as a file of their own, by the agent's face; that it was taken is journalled.

    `parts` is asked for one query after the other while the file is on its way.
    """
    person, at = actor(), now()

    def written_down(writing: Session) -> None:
        journal.record(writing, "exported", "tickets", None, actor=person, at=at, of=name)

    afterwards(written_down)
    return _answer(_streamed(parts), name)


def _ticket(ticket: Task, query: Select[Task], face: Face) -> Response:
    chosen = query.where(Task.id == ticket.id)
    reader = Reader(actor(), face, services().settings.base_url)
    body = b"".join(calendar(facts_of(session(), chosen, reader), face))
    return _answer([body], f"ticket {ticket.id}")


def _streamed(parts: Callable[[Session], Iterable[Select[Task]]]) -> Iterator[bytes]:
    """Read in a session of its own, as this goes on after the request's has ended."""
    database, base_url, person_id = services().database, services().settings.base_url, actor().id

    def pieces() -> Iterator[bytes]:
        with database.reading() as reading:
            reader = Reader(reading.get_one(User, person_id), Face.AGENT, base_url)
            tickets = (
                facts for query in parts(reading) for facts in facts_of(reading, query, reader)
            )
            yield from calendar(tickets, Face.AGENT)

    return pieces()


def _answer(body: Iterator[bytes] | list[bytes], name: str) -> Response:
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60].lower() or "tickets"
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
