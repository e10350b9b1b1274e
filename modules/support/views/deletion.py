"""To delete a ticket, and to bring it back for a while."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from groupware.models import Level
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    see_other,
    session,
    told,
)
from modules.support.views.ticket import address, held, to_ticket
from modules.tasks import tickets
from modules.tasks.models import Task
from modules.tasks.queries import deleted_of

blueprint = Blueprint("deletion", __name__)


@blueprint.get("/support/tickets/<int:ticket_id>/deletion")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def ask(ticket_id: int) -> ResponseReturnValue:
    """Ask before deleting; afterwards, say that it is gone and how to bring it back."""
    gone = session().scalar(deleted_of(actor(), now()).where(Task.id == ticket_id))
    if gone is not None:
        return page("support/ticket_deleted.html", ticket=gone, here=address(ticket_id))
    ticket = held(ticket_id, Level.DELETE)
    return page(
        "support/ticket_confirm.html",
        ticket=ticket,
        title=f"Delete ticket #{ticket.id}?",
        text="Nobody sees it any more, its customer included. It can be brought back for 30 days.",
        body=ticket.summary,
        button_text="Delete the ticket",
        action=f"{address(ticket_id)}/deletion",
        here=address(ticket_id),
    )


@blueprint.post("/support/tickets/<int:ticket_id>/deletion")
@blueprint.delete("/support/tickets/<int:ticket_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(ticket_id: int) -> ResponseReturnValue:
    tickets.delete(session(), actor(), held(ticket_id, Level.DELETE), now=now())
    return see_other(".ask", ticket_id=ticket_id)


@blueprint.delete("/support/tickets/<int:ticket_id>/deletion")
@blueprint.post("/support/tickets/<int:ticket_id>/restoration")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def restore(ticket_id: int) -> ResponseReturnValue:
    deleted = deleted_of(actor(), now()).where(Task.id == ticket_id)
    ticket = one(deleted.options(joinedload(Task.task_list)).with_for_update(of=Task))
    tickets.restore(session(), actor(), ticket, now=now())
    told(f"Ticket #{ticket_id} is back.")
    return to_ticket(ticket_id)
