"""What the pages of tickets have in common: which tickets are looked at, and what was not understood."""

from flask import request
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid
from groupware.text import number_in
from groupware.web.request import actor, now, one, page, session
from modules.support import showing
from modules.support.filters import asked_for
from modules.support.sidebar import look, saved
from modules.tasks.queue import Filters
from modules.tasks.queue.choices import Choices
from modules.tasks.saved_views import SavedView, filters_of, visible_views


def looked_at() -> tuple[Filters, SavedView | None]:
    """The filters of this address; those of the saved view that it names, arranged as it says."""
    if not (named := request.args.get("view")):
        return asked_for(), None
    number = number_in(named)
    found = next((each for each in saved(session(), actor()) if each.id == number), None)
    view = found or one(visible_views(actor()).where(SavedView.id == number))
    return filters_of(view).arranged(asked_for()), view


def kept(filters: Filters) -> list[tuple[str, str]]:
    """What stays as it is while somebody types other filters: names and values for their form."""
    return [("group", filters.group.value)] if filters.group else []


def not_understood(
    filters: Filters, known: Choices, refusal: Invalid, mode: str
) -> ResponseReturnValue:
    """The same page without tickets: what was typed stands there still."""
    look(session(), actor(), known.lists, now())
    return page(
        "support/queue.html",
        422,
        title="Search",
        typed=filters.q,
        kept=kept(filters),
        action=showing.MODES[mode][2],
        modes=showing.modes(Filters(), mode),
        wrong=refusal.message,
        lists=known.lists,
        chips=[],
        menus=(),
        states=(),
    )
