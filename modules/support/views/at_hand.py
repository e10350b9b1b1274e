"""Canned replies and macros in a ticket: to insert, to complete while one types, to run."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from groupware import idempotency
from groupware.errors import NotFound
from groupware.text import number_in
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
from groupware.web.uploading import takes_files
from modules.support.forms import AnswerForm
from modules.support.views.ticket import held, show, to_ticket
from modules.tasks.canned import at_hand, texts
from modules.tasks.canned.models import CannedReply
from modules.tasks.macros.models import Macro
from modules.tasks.macros.running import Refused, run
from modules.tasks.models import Task
from modules.tasks.queries import worked_by

blueprint = Blueprint("at_hand", __name__)

MOST_SUGGESTED = 8
LONGEST_HINT = 80


@blueprint.get("/support/tickets/<int:ticket_id>/canned-replies")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def suggest(ticket_id: int) -> ResponseReturnValue:
    """What "/" and some letters may mean, filled in for this ticket."""
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    query = texts.found(at_hand.offered(actor(), CannedReply, ticket), request.args.get("q", ""))
    found = session().scalars(query.limit(MOST_SUGGESTED)).all()
    values = [texts.filled(session(), actor(), ticket, text.body) for text in found]
    return jsonify(
        [
            {"label": text.name, "value": value, "hint": " ".join(value.split())[:LONGEST_HINT]}
            for text, value in zip(found, values, strict=True)
        ]
    )


@blueprint.get("/support/tickets/<int:ticket_id>/canned-replies/<int:text_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def fill(ticket_id: int, text_id: int) -> ResponseReturnValue:
    """One text, filled in for this ticket."""
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    return jsonify({"value": _filled(ticket, text_id)})


@blueprint.post("/support/tickets/<int:ticket_id>/canned-replies")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@takes_files
def insert(ticket_id: int) -> ResponseReturnValue:
    """The page again, with the chosen text after what was typed: for whoever has no scripts."""
    ticket, form = held(ticket_id), AnswerForm()
    chosen = number_in(request.form.get("canned", ""))
    before = (form.body.data or "").rstrip()
    if chosen is not None:
        form.body.data = "\n\n".join(filter(None, (before, _filled(ticket, chosen))))
    return show(ticket_id, answer=form)


@blueprint.post("/support/tickets/<int:ticket_id>/macros/<int:macro_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def run_macro(ticket_id: int, macro_id: int) -> ResponseReturnValue:
    """Take all steps of a macro; where one is refused none is taken, and it is said why."""
    ticket = held(ticket_id)
    macro = one(at_hand.offered(actor(), Macro, ticket).where(Macro.id == macro_id))
    sent = request.form.get("idempotency_key", "")

    def act() -> str:
        run(session(), actor(), ticket, macro, now=now())
        return macro.name

    try:
        with session().begin_nested():
            key = f"macro:{macro_id}:{sent}" if sent else ""
            name, _ = idempotency.once(session(), actor(), key, act, now=now())
    except Refused as refusal:
        told(refusal.message, "danger")
        return to_ticket(ticket_id)
    told(f"“{name}” is done.")
    return to_ticket(ticket_id)


def _filled(ticket: Task, text_id: int) -> str:
    offered = at_hand.offered(actor(), CannedReply, ticket)
    text = session().scalar(offered.where(CannedReply.id == text_id))
    if text is None:
        raise NotFound
    return texts.filled(session(), actor(), ticket, text.body)
