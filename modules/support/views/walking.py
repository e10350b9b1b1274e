"""From one ticket of a queue to the next, without going back to it."""

from urllib.parse import parse_qsl, quote, urlsplit

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from groupware.errors import Invalid
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
from modules.support.views.ticket import address, back_address, held
from modules.tasks import tickets
from modules.tasks.models import State, Task
from modules.tasks.queries import worked_by
from modules.tasks.queue import Filters
from modules.tasks.queue.asking import ask
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.neighbours import neighbour
from modules.tasks.saved_views import SavedView, asked_by_view, visible_views

blueprint = Blueprint("walking", __name__)

END = {False: "That was the last ticket of this queue.", True: "That was the first one."}


@blueprint.get("/support/tickets/<int:ticket_id>/<any(next, previous):way>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def step(ticket_id: int, way: str) -> ResponseReturnValue:
    """The neighbour in the queue that one came from; beyond its end, the queue."""
    one(worked_by(actor()).where(Task.id == ticket_id))
    back = way == "previous"
    return _lead(neighbour(session(), _asked(), ticket_id, back=back), END[back])


@blueprint.post("/support/tickets/<int:ticket_id>/resolution-and-next")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def resolve(ticket_id: int) -> ResponseReturnValue:
    """Resolve a ticket, and look at the one after it."""
    ticket = held(ticket_id)
    following = neighbour(session(), _asked(), ticket_id)
    tickets.set_state(session(), actor(), ticket, State.RESOLVED, now=now())
    told(f"#{ticket_id} is resolved.")
    return _lead(following, END[False])


def _asked() -> Asked:
    """What the queue asks for that one came from."""
    values = MultiDict(parse_qsl(urlsplit(back_address()).query))
    try:
        if number := number_in(values.get("view", "")):
            view = session().scalar(visible_views(actor()).where(SavedView.id == number))
            if view is not None:
                return asked_by_view(session(), actor(), view, now(), Filters.read(values))
        return ask(session(), actor(), values, now())
    except Invalid:  # an address that was tampered with leads through all that is open
        return ask(session(), actor(), {}, now())


def _lead(number: int | None, otherwise: str) -> ResponseReturnValue:
    queue = back_address()
    if number is None:
        told(otherwise, "info")
        return redirect(queue, 303)
    came_from = "" if queue == "/support" else f"?from={quote(queue, safe='/')}"
    return redirect(f"{address(number)}{came_from}", 303)
