"""The queue as a file: what the filters of its address choose."""

from collections.abc import Iterator

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from sqlalchemy.orm import Session

from groupware.models import User
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, session
from modules.support.filters import asked_for
from modules.tasks.icalendar.views import download
from modules.tasks.models import Task
from modules.tasks.queries import worked_by
from modules.tasks.queue import cut
from modules.tasks.queue.asking import asked_by_reader, understood
from modules.tasks.queue.choices import choices

blueprint = Blueprint("support_export", __name__)


@blueprint.get("/support/export.ics")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def ics() -> ResponseReturnValue:
    """The tickets of the queue's address, all of its pages, as iCalendar."""
    known = choices(session(), actor())
    filters = understood(session(), known, asked_for())
    asked, person_id = asked_by_reader(actor(), known, filters, now()), actor().id

    def pages(reading: Session) -> Iterator[Select[Task]]:
        query = worked_by(reading.get_one(User, person_id))
        shown = cut(reading, asked)
        while shown.numbers:
            yield query.where(Task.id.in_(shown.numbers))
            if shown.older is None:
                return
            shown = cut(reading, asked, after=shown.older)

    return download(pages, "tickets")
