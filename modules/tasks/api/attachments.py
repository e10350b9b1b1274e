"""Files: sent ahead of the ticket or comment that they come with, listed, fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from flask import request
from werkzeug.wrappers import Response

from groupware import uploads
from groupware.api import ANYBODY, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.web import limits
from groupware.web.request import actor, now, one, open_to, session
from groupware.web.uploading import keep, sized_for_files
from modules.tasks.api.faces import found, works_on
from modules.tasks.api.shapes import File
from modules.tasks.files import Incoming
from modules.tasks.models import Attachment
from modules.tasks.queries import files_asked_by, files_visible_to, files_worked_by
from modules.tasks.views import send

nouns = Noun("attachments", "Files of tickets and comments.")

MOST, WITHIN = 200, timedelta(minutes=10)


@dataclass(frozen=True)
class Sent:
    """A file that is kept for a day, until a ticket or comment takes it."""

    token: Annotated[str, Says("Name it in `attachments` of a new ticket or comment.")]
    name: str
    size: int


@nouns.post("/attachments", multipart="file")
@open_to(*ANYBODY)
@sized_for_files
def send_ahead() -> Made[Sent]:
    """Send a file of at most 10 MB, as the part `file` of a form."""
    limits.count(session(), f"uploads|{actor().id}", most=MOST, within=WITHIN, now=now())
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid(file="There is no file in this request.")
    kept, _ = keep(session(), actor(), file)
    return Made(Sent(kept.token, kept.name, kept.size), "/api/v1/attachments")


@nouns.get("/tickets/<int:ticket_id>/attachments")
@open_to(*ANYBODY)
def listed(ticket_id: int, query: Paging) -> Page[File]:
    """A ticket's files, those of its comments too."""
    ticket = found(ticket_id)
    face = files_worked_by if works_on(ticket) else files_asked_by
    files = face(actor()).where(Attachment.task_id == ticket.id)
    return page_of(session(), files, query, Attachment.id, show=files_of)


@nouns.get("/attachments/<int:attachment_id>")
@open_to(*ANYBODY)
def show(attachment_id: int) -> File:
    """What there is to know of a file."""
    return files_of([_file(attachment_id)])[0]


@nouns.get("/attachments/<int:attachment_id>/content")
@open_to(*ANYBODY)
def content(attachment_id: int) -> Response:
    """A file's bytes; a part of them where `Range` asks for it."""
    return send(_file(attachment_id))


def files_of(rows: Sequence[Attachment]) -> list[File]:
    """Files as the API shows them."""
    return [
        File(
            id=each.id,
            name=each.name,
            content_type=each.content_type,
            size=each.size,
            created=each.created,
            ticket=each.task_id,
            comment=each.comment_id,
            url=f"/api/v1/attachments/{each.id}/content",
        )
        for each in rows
    ]


def received(tokens: list[str] | Unset) -> list[Incoming]:
    """The files that the actor has sent ahead under these tokens."""
    if isinstance(tokens, Unset):
        return []
    files = uploads.named(session(), actor(), tokens, now=now())
    if len(files) < len(set(tokens)):
        raise Invalid(attachments="One of these files does not exist, or no longer.")
    return list(files)


def _file(attachment_id: int) -> Attachment:
    return one(files_visible_to(actor()).where(Attachment.id == attachment_id))
