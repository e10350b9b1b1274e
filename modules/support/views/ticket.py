"""A ticket's page and its history."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware import idempotency
from groupware.errors import NotFound
from groupware.live.page import follow, opened_at
from groupware.models import JournalEntry, Level
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    SAFE_METHODS,
    actor,
    afterwards,
    came_from,
    now,
    one,
    open_to,
    page,
    session,
)
from groupware.web.uploading import KeptFile, kept
from modules.support import split, ticket_fields, ticket_page
from modules.support.changes import ACTS, Change, changes_of, may_be_told
from modules.support.forms import AnswerForm
from modules.support.sidebar import look
from modules.support.ticket_thread import Cursor, journal_of
from modules.tasks.access import require
from modules.tasks.canned.at_hand import for_ticket
from modules.tasks.leading import led_to
from modules.tasks.live import of_ticket
from modules.tasks.models import Kind, Task
from modules.tasks.notices.inbox import read_of_ticket
from modules.tasks.queries import worked_by
from modules.tasks.seen import saw
from modules.tasks.together.there import There, Written

blueprint = Blueprint("tickets", __name__)

QUEUE = re.compile(r"/support(/board|/split|/agenda|/recent)?(\?[^\x00-\x1f\x7f]*)?", re.ASCII)
TOLD = re.compile(r"(?<=[?&])bulk=\d+(&|$)", re.ASCII)
"""What the queue says once of a change of many: it is old when somebody comes back."""
LONGEST_ADDRESS = 1000
HISTORY_SHOWN = 100


@dataclass(frozen=True)
class Conflict:
    """Somebody else was quicker: who did what, and how to go on all the same."""

    title: str
    text: str
    action: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with a change of a property, shown where it is made."""

    name: str
    text: str
    typed: dict[str, str]


@blueprint.get("/support/tickets/<int:ticket_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def ticket(ticket_id: int) -> ResponseReturnValue:
    """The page of a ticket; the number of a merged one leads to where it is."""
    try:
        return show(ticket_id)
    except NotFound:
        there = led_to(session(), actor(), ticket_id, worked_by)
        if there is None:
            raise
        return to_ticket(there)


@blueprint.get("/support/tickets/<int:ticket_id>/history")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def history(ticket_id: int) -> ResponseReturnValue:
    """Every change, with what was before and after."""
    found = one(worked_by(actor()).where(Task.id == ticket_id))
    query = journal_of(found)
    if before := number_in(request.args.get("before", "")):
        query = query.where(JournalEntry.id < before)
    told = session().execute(query.limit(HISTORY_SHOWN + 1)).all()
    shown = told[:HISTORY_SHOWN]
    names = ticket_page.names_for(session(), actor(), found, shown)
    return page(
        "support/ticket_history.html",
        ticket=found,
        here=address(ticket_id),
        earlier=shown[-1][0].id if len(told) > HISTORY_SHOWN else None,
        lines=[
            Line(
                entry.at,
                who or "The desk",
                ACTS.get(entry.act, entry.act),
                changes_of(entry, names),
            )
            for entry, who in shown
            if may_be_told(entry, names)
        ],
    )


@dataclass(frozen=True)
class Line:
    """An act in the history."""

    at: datetime
    who: str
    what: str
    changes: list[Change]


def show(
    ticket_id: int,
    status: int = 200,
    *,
    answer: AnswerForm | None = None,
    problem: Problem | None = None,
    conflict: Conflict | None = None,
    uploads: Sequence[KeptFile] = (),
) -> ResponseReturnValue:
    """The page of a ticket, with what was typed and what is wrong with it."""
    found, seen = ticket_page.find(session(), actor(), ticket_id)
    cursor = Cursor.read(request.args.get("before", ""))
    read = seen
    seen = opened_at() or seen
    prepared = ticket_page.prepare(session(), actor(), found, seen=seen, cursor=cursor, now=now())
    around = prepared.there
    look(session(), actor(), prepared.choices.known_lists, now())
    if request.method == "GET" and "Sec-Purpose" not in request.headers:
        _remember(found, read, told=around.unread)
    follow("ticket", found.id, of_ticket(found.task_list_id, found.change_number))
    follow("together", found.id)
    answer = answer or AnswerForm(formdata=None)
    return page(
        "support/ticket.html",
        status,
        it=prepared,
        ticket=found,
        here=address(ticket_id),
        queue=back_address(),
        beside=split.beside(session(), actor(), back_address(), now()),
        query=back_query(),
        answer=answer,
        there=around,
        seen=seen,
        written=_written(answer, around),
        uploads=uploads or kept(),
        key=answer.idempotency_key.data or idempotency.new_key(),
        problem=problem,
        conflict=conflict,
        custom=ticket_fields.lines(session(), found, works=prepared.works),
        at_hand=for_ticket(session(), actor(), found) if prepared.works else {},
    )


def held(ticket_id: int, level: Level = Level.WRITE) -> Task:
    """The ticket, to be changed: nobody else changes it until this request has ended."""
    visible = worked_by(actor()).where(Task.id == ticket_id)
    if request.method not in SAFE_METHODS:
        visible = visible.with_for_update(of=Task)
    found = one(visible)
    require(session(), actor(), level, found.task_list)
    return found


def to_ticket(ticket_id: int, anchor: str = "") -> Response:
    """303: look at the ticket now, with the way back as it was."""
    return redirect(address(ticket_id) + back_query() + anchor, 303)


def address(ticket_id: int) -> str:
    """Where a ticket's page is."""
    return f"/support/tickets/{ticket_id}"


def back_address() -> str:
    """The queue as it was left: filters and page are kept in its address."""
    wanted = request.args.get("from", "")
    wanted = TOLD.sub("", wanted or came_from()).rstrip("?&")
    fits = len(wanted) <= LONGEST_ADDRESS and QUEUE.fullmatch(wanted)
    return wanted if fits else "/support"


def back_query() -> str:
    """The same, to be put behind the address of a ticket."""
    back = back_address()
    return "" if back == "/support" else f"?from={quote(back, safe='/')}"


def _written(answer: AnswerForm, around: There) -> Written:
    """What stands in the composer: what came back with a refusal, else the draft."""
    if answer.body.data or answer.kind.data == Kind.NOTE or around.own is None:
        kind = Kind.NOTE if answer.kind.data == Kind.NOTE else Kind.REPLY
        return Written(actor().id, actor().name, kind, answer.body.data or "", None)
    return around.own


def _remember(found: Task, seen: datetime | None, *, told: bool) -> None:
    """Note until when it was read: the stamp of what was shown, for what comes later is new."""
    if seen is not None and seen >= found.last_modified and not told:
        return
    user_id, task_id, at = actor().id, found.id, found.last_modified
    read_at = now()

    def note(writing: Session) -> None:
        saw(writing, user_id, task_id, at)
        if told:
            read_of_ticket(writing, user_id, task_id, now=read_at)

    afterwards(note)
