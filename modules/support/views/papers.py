"""All files of a ticket, each to be looked at; and the ticket on paper."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from groupware.errors import NotFound
from groupware.models import User
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    one,
    open_to,
    page,
    services,
    session,
)
from modules.support.views.ticket import address
from modules.tasks.models import Attachment, Comment, Kind, Task
from modules.tasks.printing import sheet
from modules.tasks.queries import comments_worked_by, files_worked_by, worked_by

blueprint = Blueprint("papers", __name__)

SHOWN = 60
LONGEST_TEXT = 200_000
TEXTS = ("text/", "application/json", "application/xml", "message/")
ENDINGS = (".txt", ".log", ".csv", ".md", ".json", ".xml", ".yaml", ".yml", ".ini", ".conf",
           ".eml", ".ics", ".py", ".js", ".sql", ".html", ".css", ".sh")  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """A file of the thread, and how it can be looked at."""

    id: int
    name: str
    size: int
    kind: str  # picture, text, or file
    href: str
    preview: str | None
    note: bool
    who: str
    at: datetime
    where: str


@blueprint.get("/support/tickets/<int:ticket_id>/files")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def files(ticket_id: int) -> ResponseReturnValue:
    """Every file of the thread, the newest first."""
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    query = _of_thread(ticket).order_by(Attachment.id.desc())
    if before := number_in(request.args.get("before", "")):
        query = query.where(Attachment.id < before)
    rows = session().execute(query.limit(SHOWN + 1)).all()
    return page(
        "support/ticket_files.html",
        ticket=ticket,
        here=address(ticket_id),
        papers=[_paper(*row) for row in rows[:SHOWN]],
        earlier=rows[SHOWN - 1][0].id if len(rows) > SHOWN else None,
    )


@blueprint.get("/support/tickets/<int:ticket_id>/files/<int:file_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def file(ticket_id: int, file_id: int) -> ResponseReturnValue:
    """A file to be looked at: a picture, or its text; what is neither can be saved."""
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    row = session().execute(_of_thread(ticket).where(Attachment.id == file_id)).first()
    if row is None:
        raise NotFound
    found, paper = row[0], _paper(*row)
    return page(
        "support/ticket_file.html",
        ticket=ticket,
        here=address(ticket_id),
        paper=paper,
        text=_text(found) if paper.kind == "text" else None,
        cut=found.size > LONGEST_TEXT,
    )


@blueprint.get("/support/tickets/<int:ticket_id>/print")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def on_paper(ticket_id: int) -> ResponseReturnValue:
    """The ticket without anything around it; `notes=0` leaves the notes out."""
    ticket = one(
        worked_by(actor())
        .where(Task.id == ticket_id)
        .options(joinedload(Task.customer), joinedload(Task.assignee), joinedload(Task.location))
    )
    comments, notes = comments_worked_by(actor()), request.args.get("notes") != "0"
    if not notes:
        comments = comments.where(Comment.kind == Kind.REPLY)
    it = sheet(session(), ticket, comments, files_worked_by(actor()))
    return page("tasks/print.html", it=it, here=address(ticket_id), internal=True, notes=notes)


def _of_thread(ticket: Task) -> Select[Any]:
    """The files of a ticket, with the kind of their message and who added them."""
    return (
        files_worked_by(actor())
        .where(Attachment.task_id == ticket.id)
        .outerjoin(Comment, Comment.id == Attachment.comment_id)
        .outerjoin(User, User.id == Attachment.added_by_id)
        .add_columns(Comment.kind, User.name)
    )


def _paper(found: Attachment, kind: Kind | None, who: str | None) -> Paper:
    name = quote(found.name, safe="")
    picture = found.content_type.startswith("image/")
    text = found.content_type.startswith(TEXTS) or found.name.casefold().endswith(ENDINGS)
    return Paper(
        id=found.id,
        name=found.name,
        size=found.size,
        kind="picture" if picture else "text" if text else "file",
        href=f"/attachments/{found.id}/{name}",
        preview=f"/attachments/{found.id}/preview/{name}" if picture else None,
        note=kind == Kind.NOTE,
        who=who or "Somebody",
        at=found.created,
        where=f"#comment-{found.comment_id}" if found.comment_id else "#details-text",
    )


def _text(found: Attachment) -> str | None:
    """The beginning of a text; None where the bytes are none, whatever the file is called."""
    with services().blobs.open(found.sha256) as stream:
        beginning = stream.read(LONGEST_TEXT)
    if b"\0" in beginning:
        return None
    return beginning.decode("utf-8-sig", errors="replace")
