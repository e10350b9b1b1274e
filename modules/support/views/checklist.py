"""A ticket's checklist."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from groupware.errors import Invalid
from groupware.models import User
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    refusals,
    session,
)
from modules.support.forms import ItemForm, typed
from modules.support.views.ticket import Problem, held, show, to_ticket
from modules.tasks import checklists
from modules.tasks.checklists import ChecklistItem
from modules.tasks.models import Task
from modules.tasks.people import who_may_work

blueprint = Blueprint(
    "checklist", __name__, url_prefix="/support/tickets/<int:ticket_id>/checklist"
)

ACTS = "done, open, up, down, removal, text, assignee"


@blueprint.post("")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def add(ticket_id: int) -> ResponseReturnValue:
    ticket, form = held(ticket_id), ItemForm()
    if form.validate():
        with refusals(form):
            checklists.add_item(session(), actor(), ticket, form.text.data or "", now=now())
            return to_ticket(ticket_id)
    return _wrong(ticket_id, form)


@blueprint.post(f"/<int:item_id>/<any({ACTS}):act>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def change(ticket_id: int, item_id: int, act: str) -> ResponseReturnValue:
    """Check an item or not, move it, reword it, give it to somebody, take it off."""
    ticket, form = held(ticket_id), ItemForm()
    query = checklists.of_ticket(ticket).where(ChecklistItem.id == item_id).order_by(None)
    item = one(query.options(joinedload(ChecklistItem.assignee)))
    if form.validate():
        with refusals(form):
            _do(act, ticket, item, form)
            return to_ticket(ticket_id)
    return _wrong(ticket_id, form)


def _do(act: str, ticket: Task, item: ChecklistItem, form: ItemForm) -> None:
    held_by = (session(), actor(), ticket, item)
    if act in ("done", "open"):
        checklists.check_item(*held_by, done=act == "done", now=now())
    elif act in ("up", "down"):
        checklists.move_item(*held_by, by=1 if act == "down" else -1, now=now())
    elif act == "text":
        checklists.rename_item(*held_by, form.text.data or "", now=now())
    elif act == "assignee":
        to = None
        if wanted := form.assignee.data:
            to = session().scalar(who_may_work(ticket.task_list).where(User.id == int(wanted)))
            if to is None:
                raise Invalid(assignee="This person cannot work on tickets of this list.")
        checklists.assign_item(*held_by, to=to, now=now())
    else:
        checklists.remove_item(*held_by, now=now())


def _wrong(ticket_id: int, form: ItemForm) -> ResponseReturnValue:
    errors = [str(text) for texts in form.errors.values() for text in texts]
    return show(ticket_id, 422, problem=Problem("checklist", " ".join(errors), typed(form)))
