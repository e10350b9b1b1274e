"""Tickets become one, and one becomes two: to merge, to take a merge back, to split a message off."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from groupware.errors import Invalid, NotFound
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
from modules.support.forms import MergeForm, SplitForm
from modules.support.views.ticket import address, back_address, held, to_ticket
from modules.tasks import tickets
from modules.tasks.mail import moving
from modules.tasks.models import Comment, Task
from modules.tasks.queries import comments_worked_by, merged_of, worked_by

blueprint = Blueprint("joining", __name__)

OFFERED = 8


@blueprint.route("/support/tickets/<int:ticket_id>/merge", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def merge(ticket_id: int) -> ResponseReturnValue:
    """Choose the other ticket, see what the merge would do, and do it."""
    source = held(ticket_id)
    form = MergeForm(request.form if request.method == "POST" else request.args)
    asked = bool(form.into.data)
    into = None
    if form.is_submitted() or asked:
        with refusals(form):
            into = _other(form)
            if form.is_submitted() and form.validate():
                admit = bool(form.admit.data)
                tickets.merge(session(), actor(), source, into, admit=admit, now=now())
                told(f"#{source.id} is part of #{into.id} now.")
                return to_ticket(into.id)
    wrong = bool(form.errors or form.form_errors)
    return page(
        "support/ticket_merge.html",
        422 if wrong and form.is_submitted() else 200,
        ticket=source,
        into=into,
        effects=tickets.effects_of_merge(session(), source, into) if into else None,
        form=form,
        offered=_offered(source),
        here=address(ticket_id),
        queue=back_address(),
    )


@blueprint.post("/support/tickets/<int:ticket_id>/separation")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def separate(ticket_id: int) -> ResponseReturnValue:
    """Take the merge of this ticket back."""
    merged = merged_of(actor(), now()).where(Task.id == ticket_id)
    source = one(merged.options(joinedload(Task.task_list)).with_for_update(of=Task))
    into = held(source.merged_into_id or 0)
    tickets.unmerge(session(), actor(), source, into, now=now())
    told(f"#{source.id} is a ticket of its own again.")
    return to_ticket(source.id)


@blueprint.route(
    "/support/tickets/<int:ticket_id>/comments/<int:comment_id>/split", methods=["GET", "POST"]
)
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def split(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Make a message a ticket of its own."""
    ticket = held(ticket_id, Level.WRITE)
    comment = _message(ticket, comment_id)
    form = SplitForm(subject=ticket.summary)
    if form.validate_on_submit():
        with refusals(form):
            subject = form.subject.data or ""
            made = tickets.split(session(), actor(), comment, subject=subject, now=now())
            told(f"The message is ticket #{made.id} now.")
            return to_ticket(made.id)
    return page(
        "support/ticket_split.html",
        422 if form.is_submitted() else 200,
        ticket=ticket,
        comment=comment,
        form=form,
        here=address(ticket_id),
    )


@blueprint.route(
    "/support/tickets/<int:ticket_id>/comments/<int:comment_id>/move", methods=["GET", "POST"]
)
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def move_message(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Put a message that came by mail into the ticket that it belongs to, or back."""
    ticket = held(ticket_id, Level.WRITE)
    comment = _message(ticket, comment_id)
    form = MergeForm()
    if form.validate_on_submit():
        with refusals(form):
            into = _other(form)
            moving.move(session(), actor(), comment, into, now=now())
            told(f"The message is in #{into.id} now. There it can be moved back.")
            return to_ticket(into.id)
    return page(
        "support/message_move.html",
        422 if form.is_submitted() else 200,
        ticket=ticket,
        comment=comment,
        form=form,
        here=address(ticket_id),
    )


def _message(ticket: Task, comment_id: int) -> Comment:
    return one(
        comments_worked_by(actor())
        .where(Comment.task_id == ticket.id, Comment.id == comment_id)
        .options(joinedload(Comment.author))
    )


def _other(form: MergeForm) -> Task:
    """The ticket that was named; one that the person may not see is not there."""
    query = worked_by(actor()).where(Task.id == form.number()).options(joinedload(Task.task_list))
    if request.method == "POST":
        query = query.with_for_update(of=Task)
    try:
        return one(query)
    except NotFound as error:
        raise Invalid(into="There is no such ticket.") from error


def _offered(source: Task) -> list[Task]:
    """The customer's other tickets, the newest first: what one merges with as a rule."""
    if source.customer_id is None:
        return []
    query = worked_by(actor(), Level.WRITE).where(
        Task.customer_id == source.customer_id, Task.id != source.id
    )
    return list(session().scalars(query.order_by(Task.id.desc()).limit(OFFERED)))
