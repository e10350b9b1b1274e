"""`/settings` leads to the first page that one may use."""

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from groupware.errors import Forbidden
from groupware.web.request import ADMINISTER, MANAGE_SUPPORT, MANAGE_TICKETS, open_to
from groupware.web.shell import settings_nav

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@open_to(ADMINISTER, MANAGE_SUPPORT, MANAGE_TICKETS)
def start() -> ResponseReturnValue:
    for section in settings_nav():
        for item in section.items:
            return redirect(item.href, 303)
    raise Forbidden
