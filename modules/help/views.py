"""End users' pages."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from groupware.web.request import CREATE_TICKETS, actor, open_to, page, session
from modules.tasks.models import Task
from modules.tasks.queries import own_of

blueprint = Blueprint("help", __name__, url_prefix="/tickets")


@blueprint.get("/my-tickets")
@open_to(CREATE_TICKETS)
def my_tickets() -> ResponseReturnValue:
    rows = session().scalars(own_of(actor()).order_by(Task.public_modified.desc()).limit(50)).all()
    return page("help/my_tickets.html", tickets=rows)
