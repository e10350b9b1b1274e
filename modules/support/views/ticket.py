"""A ticket's page and its history."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware import idempotency
from groupware.models import JournalEntry, Level
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    SAFE_METHODS,
    actor,
    afterwards,
    now,
    one,
    open_to,
    page,
    session,
)
from groupware.web.uploading import kept
from modules.support import ticket_page
from modules.support.changes import ACTS, Change, changes_of, may_be_told
from modules.support.forms import AnswerForm
from modules.support.ticket_thread import Cursor, journal_of
from modules.tasks.access import require
from modules.tasks.models import Task
from modules.tasks.queries import worked_by
from modules.tasks.seen import saw

blueprint = Blueprint("tickets", __name__)

QUEUE = re.compile(r"/support(/board)?(\?.*)?", re.ASCII)
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
    return show(ticket_id)


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
) -> ResponseReturnValue:
    """The page of a ticket, with what was typed and what is wrong with it."""
    found, seen = ticket_page.find(session(), actor(), ticket_id)
    cursor = Cursor.read(request.args.get("before", ""))
    prepared = ticket_page.prepare(session(), actor(), found, seen=seen, cursor=cursor, now=now())
    if request.method == "GET" and "Sec-Purpose" not in request.headers:
        _remember(found, seen)
    answer = answer or AnswerForm(formdata=None)
    return page(
        "support/ticket.html",
        status,
        it=prepared,
        ticket=found,
        here=address(ticket_id),
        queue=back_address(),
        query=_query(),
        answer=answer,
        uploads=kept(),
        key=answer.idempotency_key.data or idempotency.new_key(),
        problem=problem,
        conflict=conflict,
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
    return redirect(address(ticket_id) + _query() + anchor, 303)


def address(ticket_id: int) -> str:
    """Where a ticket's page is."""
    return f"/support/tickets/{ticket_id}"


def back_address() -> str:
    """The queue as it was left: filters and page are kept in its address."""
    wanted = request.args.get("from", "")
    if not wanted and request.referrer:
        parts = urlsplit(request.referrer)
        if parts.netloc == request.host:
            wanted = parts.path + (f"?{parts.query}" if parts.query else "")
    fits = len(wanted) <= LONGEST_ADDRESS and QUEUE.fullmatch(wanted)
    return wanted if fits else "/support"


def _query() -> str:
    back = back_address()
    return "" if back == "/support" else f"?from={quote(back, safe='/')}"


def _remember(found: Task, seen: datetime | None) -> None:
    """Note until when it was read: the stamp of what was shown, for what comes later is new."""
    if seen is not None and seen >= found.last_modified:
        return
    user_id, task_id, at = actor().id, found.id, found.last_modified

    def note(writing: Session) -> None:
        saw(writing, user_id, task_id, at)

    afterwards(note)
