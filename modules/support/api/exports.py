"""Tickets as files: what words and terms find, or a saved view."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from werkzeug.wrappers import Response

from groupware.api import UNSET, Id, Noun, Says, Unset
from groupware.api.reading import bad
from groupware.errors import Invalid
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, one, open_to, session
from modules.support.views.export import TYPES, as_calendar, as_table
from modules.tasks.queue.asking import ask
from modules.tasks.saved_views.models import SavedView
from modules.tasks.saved_views.queries import asked_by_view, visible_views

nouns = Noun("exports", "Tickets as files, for agents.")

CALENDAR = "text/calendar"


class Kind(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    ICS = "ics"


@dataclass(frozen=True)
class ExportQuery:
    """Which tickets, and how they are written."""

    kind: Kind = Kind.CSV
    q: Annotated[str, Says("Words and terms, as in the search field.", most=200)] = ""
    view: Annotated[Id | Unset, Says("A view, in place of `q`.")] = UNSET


@nouns.get("/exports/tickets", content=(*TYPES.values(), CALENDAR))
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def tickets(query: ExportQuery) -> Response:
    """Every ticket that is asked for, as a file; that it was taken is journalled."""
    name = "tickets"
    try:
        if isinstance(query.view, Unset):
            asked = ask(session(), actor(), query.q, now())
        else:
            view = one(visible_views(actor()).where(SavedView.id == query.view))
            asked, name = asked_by_view(session(), actor(), view, now()), view.name
    except Invalid as refusal:
        bad(dict(refusal.errors))
    return as_calendar(asked, name) if query.kind == Kind.ICS else as_table(asked, name, query.kind)
