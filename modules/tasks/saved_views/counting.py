"""How many tickets somebody finds by each of their views."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.counting import how_many
from modules.tasks.saved_views.models import SavedView
from modules.tasks.saved_views.queries import filters_of

MOST_VIEWS = 100


def counted(
    session: Session,
    user: User,
    list_ids: Sequence[int],
    views: Sequence[SavedView],
    now: datetime,
) -> Mapping[int, str]:
    """By a view's id what there is in these lists, which are those that the person works on."""
    return how_many(
        session,
        {
            view.id: Asked(user.id, list_ids, filters_of(view), now, user.time_zone)
            for view in views[:MOST_VIEWS]
        },
    )
