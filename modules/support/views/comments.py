"""Replies and notes: to write, to edit, to delete."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from groupware import idempotency
from groupware.models import Level
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    refusals,
    session,
    told,
)
from groupware.web.uploading import received, takes_files
from modules.support.forms import AnswerForm, CommentForm
from modules.support.views.ticket import Conflict, address, held, show, to_ticket
from modules.tasks import conversation, tickets
from modules.tasks.models import Comment, Kind, State, Task, Waiting
from modules.tasks.queries import comments_worked_by

blueprint = Blueprint("comments", __name__)


class Overtaken(Exception):
    """Somebody else has spoken since the writer saw the page."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.title)
        self.conflict = conflict


@blueprint.post("/support/tickets/<int:ticket_id>/comments")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@takes_files
def say(ticket_id: int) -> ResponseReturnValue:
    """Reply or add a note: once, and not past somebody who has just answered."""
    ticket, form = held(ticket_id), AnswerForm()
    if form.validate():
        key = f"say:{form.idempotency_key.data}" if form.idempotency_key.data else ""
        try:
            with refusals(form):
                anchor, _ = idempotency.once(
                    session(), actor(), key, lambda: _say(ticket, form), now=now()
                )
                return to_ticket(ticket_id, anchor)
        except Overtaken as newer:
            return show(ticket_id, 409, answer=form, conflict=newer.conflict)
    return show(ticket_id, 422, answer=form)


@blueprint.route(
    "/support/tickets/<int:ticket_id>/comments/<int:comment_id>", methods=["GET", "POST"]
)
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Change what one has just written."""
    ticket = held(ticket_id)
    comment = _comment(ticket, comment_id)
    conversation.require_editable(session(), actor(), comment, now=now())
    form = CommentForm(body=comment.body)
    if form.validate_on_submit():
        with refusals(form):
            conversation.edit_comment(session(), actor(), comment, form.body.data or "", now=now())
            return to_ticket(ticket_id, f"#comment-{comment_id}")
    return page(
        "support/ticket_comment.html",
        422 if form.is_submitted() else 200,
        form=form,
        ticket=ticket,
        comment=comment,
        here=address(ticket_id),
    )


@blueprint.route(
    "/support/tickets/<int:ticket_id>/comments/<int:comment_id>/deletion",
    methods=["GET", "POST"],
)
@blueprint.delete("/support/tickets/<int:ticket_id>/comments/<int:comment_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Delete a message for good, after a question."""
    ticket = held(ticket_id, Level.MANAGE)
    comment = _comment(ticket, comment_id)
    if request.method == "GET":
        what = "note" if comment.kind == Kind.NOTE else "reply"
        return page(
            "support/ticket_confirm.html",
            ticket=ticket,
            title=f"Delete this {what}?",
            text="Its text and its files are gone for good. The history says that it was there.",
            body=comment.body,
            button_text=f"Delete the {what}",
            action=f"{address(ticket_id)}/comments/{comment_id}/deletion",
            here=address(ticket_id),
        )
    conversation.delete_comment(session(), actor(), comment, now=now())
    told("The message was deleted.")
    return to_ticket(ticket_id)


def _say(ticket: Task, form: AnswerForm) -> str:
    """Say it, and do at once what goes with it; where to look then."""
    if form.kind.data == Kind.REPLY and (newer := _newer(ticket, form)):
        raise Overtaken(newer)
    use_case = conversation.note if form.kind.data == Kind.NOTE else conversation.reply
    comment = use_case(
        session(), actor(), ticket, form.body.data or "", incoming=received(), now=now()
    )
    if form.then.data == "resolved":
        tickets.set_state(session(), actor(), ticket, State.RESOLVED, now=now())
    elif form.then.data == "waiting":
        tickets.wait(session(), actor(), ticket, waiting=Waiting.CUSTOMER, now=now())
    return f"#comment-{comment.id}"


def _newer(ticket: Task, form: AnswerForm) -> Conflict | None:
    """What somebody else has said to all since the writer saw the page."""
    seen = form.seen_comment.data
    if seen is None or (ticket.last_reply_id or 0) <= seen:
        return None
    newer = session().scalar(
        comments_worked_by(actor())
        .where(
            Comment.task_id == ticket.id,
            Comment.kind == Kind.REPLY,
            Comment.id > seen,
            Comment.author_id.is_distinct_from(actor().id),
        )
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc())
    )
    if newer is None:
        return None
    who = newer.author.name if newer.author else "Somebody"
    return Conflict(
        f"{who} has written meanwhile.",
        "Your text has not been sent. Read what is new, then send it again if it still fits.",
    )


def _comment(ticket: Task, comment_id: int) -> Comment:
    return one(
        comments_worked_by(actor()).where(Comment.task_id == ticket.id, Comment.id == comment_id)
    )
