"""The queue as a file: what the filters of its address choose, or a saved view."""

import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware import journal
from groupware.models import User
from groupware.text import number_in
from groupware.web.request import (
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
from modules.support.filters import asked_for
from modules.tasks.exporting import Table, as_csv, as_xlsx, table
from modules.tasks.icalendar.views import download
from modules.tasks.models import Task
from modules.tasks.queries import worked_by
from modules.tasks.queue import Asked, ask, cut
from modules.tasks.saved_views import SavedView, asked_by_view, visible_views

blueprint = Blueprint("support_export", __name__)

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WRITERS: dict[str, Callable[[Table, ZoneInfo], Iterator[bytes]]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
}


@blueprint.get("/support/export.ics")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def ics() -> ResponseReturnValue:
    """The tickets of the queue's address, all of its pages, as iCalendar."""
    return as_calendar(*_asked())


@blueprint.get("/support/export.<any(csv, xlsx):kind>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def sheet(kind: str) -> ResponseReturnValue:
    """The same as a table; that it was taken is journalled."""
    return as_table(*_asked(), kind)


def as_calendar(asked: Asked, name: str) -> Response:
    """What is asked for as iCalendar, page after page of the queue."""
    person_id = actor().id

    def pages(reading: Session) -> Iterator[Select[Task]]:
        query = worked_by(reading.get_one(User, person_id))
        shown = cut(reading, asked)
        while shown.numbers:
            yield query.where(Task.id.in_(shown.numbers))
            if shown.older is None:
                return
            shown = cut(reading, asked, after=shown.older)

    return download(pages, name)


def as_table(asked: Asked, name: str, kind: str) -> Response:
    """What is asked for as a table; that it was taken is journalled."""
    person, at, database = actor(), now(), services().database
    zone = _zone(person.time_zone)

    def written_down(writing: Session) -> None:
        journal.record(writing, "exported", "tickets", None, actor=person, at=at, of=name)

    def pieces() -> Iterator[bytes]:
        # In a session of its own, as this goes on after the request's has ended.
        with database.reading() as reading:
            yield from WRITERS[kind](table(reading, asked), zone)

    afterwards(written_down)
    answer = Response(pieces(), content_type=TYPES[kind])
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60].lower() or "tickets"
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked() -> tuple[Asked, str]:
    """What this address asks for, and what it is called."""
    if number := number_in(request.args.get("view", "")):
        view = one(visible_views(actor()).where(SavedView.id == number))
        return asked_by_view(session(), actor(), view, now(), asked_for()), view.name
    return ask(session(), actor(), asked_for(), now()), "tickets"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
