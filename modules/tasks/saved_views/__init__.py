"""Saved views: what somebody looks for again and again, private or shared by an access list.

    for view in session.scalars(visible_views(user)): ...
    asked = asked_by_view(session, user, view, now)     what the person finds by it, in the queue's order
    query = tickets_of(session, user, view, now)        the same as a Select of visible tickets

A view widens nothing: whoever looks through it finds what they may see anyway.
"""

from modules.tasks.saved_views.counting import counted
from modules.tasks.saved_views.managing import (
    Wish,
    change,
    copy,
    delete,
    put_in_order,
    save,
    share,
)
from modules.tasks.saved_views.models import COLUMNS, HUES, Mode, SavedView
from modules.tasks.saved_views.queries import (
    asked_by_view,
    filters_of,
    tickets_found,
    tickets_of,
    visible_views,
)

__all__ = [
    "COLUMNS",
    "HUES",
    "Mode",
    "SavedView",
    "Wish",
    "asked_by_view",
    "change",
    "copy",
    "counted",
    "delete",
    "filters_of",
    "put_in_order",
    "save",
    "share",
    "tickets_found",
    "tickets_of",
    "visible_views",
]
