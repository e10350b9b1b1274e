"""The access list of something shared: views, canned replies and macros have the same control."""

from collections.abc import Mapping

from groupware.models import Level
from groupware.sharing import CHANGE, Shared, require
from groupware.web.request import actor, session
from modules.tasks.api import access_lists
from modules.tasks.api.access_lists import Access, AccessChange


def shown(thing: Shared) -> Access:
    """Who uses it and who changes it, for whoever may share it."""
    require(session(), actor(), thing, CHANGE)
    return access_lists.shown(thing.acl_id)


def wanted(thing: Shared, body: AccessChange) -> Mapping[int, Level]:
    """What has to be put so that its access list holds exactly this."""
    require(session(), actor(), thing, CHANGE)
    return access_lists.levels(thing.acl_id, body.lines)
