"""The queue: the tickets that an agent works on."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, open_to, page, session
from modules.tasks.models import Task
from modules.tasks.queries import active, worked_by

blueprint = Blueprint("support", __name__)


@blueprint.get("/support")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def queue() -> ResponseReturnValue:
    query = worked_by(actor()).where(active()).order_by(Task.last_modified.desc()).limit(50)
    return page("support/queue.html", tickets=session().scalars(query).all())
