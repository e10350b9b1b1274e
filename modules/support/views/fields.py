"""A custom field of a ticket is changed, as its other properties are."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid, NotFound
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, session
from modules.support.ticket_fields import Line, lines, mark
from modules.support.views.ticket import Conflict, Problem, address, held, show, to_ticket
from modules.tasks import fields
from modules.tasks.fields import FieldKind

blueprint = Blueprint("ticket_fields", __name__)


@blueprint.post("/support/tickets/<int:ticket_id>/fields/<int:field_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def change(ticket_id: int, field_id: int) -> ResponseReturnValue:
    """Change what a ticket says to a field, unless somebody else just did."""
    ticket = held(ticket_id)
    line = next((e for e in lines(session(), ticket, works=True) if e.field.id == field_id), None)
    if line is None:
        raise NotFound
    field, typed = line.field, request.form.getlist("value")
    said = typed if field.sort is FieldKind.CHOICES else "".join(typed[:1])
    if request.form.get("was", line.was) not in (line.was, mark(said or None)):
        return show(ticket_id, 409, conflict=_conflict(ticket_id, line, typed))
    try:
        with session().begin_nested():
            fields.write(session(), actor(), ticket, {field.slug: said}, now=now())
    except Invalid as refusal:
        problem = Problem(line.name, refusal.message, {"value": "".join(typed[:1])})
        return show(ticket_id, 422, problem=problem)
    return to_ticket(ticket_id)


def _conflict(ticket_id: int, line: Line, typed: list[str]) -> Conflict:
    is_now = f"It says “{line.cell.text}” now." if line.cell else "It says nothing now."
    return Conflict(
        f"{line.field.name}: somebody else was quicker.",
        f"{is_now} What you chose has not been applied.",
        f"{address(ticket_id)}/{line.name}",
        (("was", line.was), *(("value", each) for each in typed)),
    )
