"""What became of a reply's mails: to take it back in time, or to try again."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from groupware.errors import Conflict as Late
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    session,
    told,
)
from groupware.web.uploading import KeptFile
from modules.support.forms import AnswerForm
from modules.support.views.ticket import held, show, to_ticket
from modules.tasks.letters import delivery, taking_back
from modules.tasks.models import Comment, Kind, Task
from modules.tasks.queries import comments_worked_by

blueprint = Blueprint("delivery", __name__)


@blueprint.post("/support/tickets/<int:ticket_id>/comments/<int:comment_id>/undo")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def undo(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Take a reply back: its text is in the composer again, its files beside it."""
    comment = _reply(held(ticket_id), comment_id)
    try:
        with session().begin_nested():
            taken = taking_back.take_back(session(), actor(), comment, now=now())
    except Late as late:
        told(late.message, "error")
        return to_ticket(ticket_id, f"#comment-{comment_id}")
    if not taken.files:
        told("Your reply was taken back. It is below, as you wrote it.")
        return to_ticket(ticket_id, "#body")
    uploads = [KeptFile(secret, upload.name, upload.size) for secret, upload in taken.files]
    answer = AnswerForm(formdata=None, body=taken.body, kind=Kind.REPLY.value)
    return show(ticket_id, answer=answer, uploads=uploads)


@blueprint.post("/support/tickets/<int:ticket_id>/comments/<int:comment_id>/delivery")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def retry(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Try what did not get through again."""
    comment = _reply(held(ticket_id), comment_id)
    delivery.retry(session(), actor(), comment, now=now())
    told("It is tried again.")
    return to_ticket(ticket_id, f"#comment-{comment_id}")


def _reply(ticket: Task, comment_id: int) -> Comment:
    return one(
        comments_worked_by(actor()).where(
            Comment.task_id == ticket.id, Comment.id == comment_id, Comment.kind == Kind.REPLY
        )
    )
