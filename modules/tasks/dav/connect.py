"""*Connect your task app*: the values that each app asks for, and an app password for it."""

from urllib.parse import urlsplit

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from groupware import tokens
from groupware.models import TokenKind
from groupware.web.request import (
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    rights,
    see_other,
    services,
    session,
    told,
)
from modules.tasks.dav.forms import NEVER, Alarms, NewAppPassword
from modules.tasks.dav.places import collections_of
from modules.tasks.icalendar.alarms import choose, chosen

blueprint = Blueprint("connect", __name__)


@blueprint.route("/profile/calendar", methods=["GET", "POST"])
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def connect() -> ResponseReturnValue:
    """How to; a new app password is shown on the answer itself, and nowhere again."""
    form = NewAppPassword()
    if form.validate_on_submit():
        with refusals(form):
            name = form.name.data or ""
            secret = tokens.give(session(), actor(), actor(), TokenKind.DAV, name=name, now=now())
            return _shown(NewAppPassword(formdata=None), 201, secret=secret, of=name)
    return _shown(form, 422 if request.method == "POST" else 200)


@blueprint.post("/profile/calendar/alarms")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def alarms() -> ResponseReturnValue:
    """When one's task apps and feeds remind one of what falls due."""
    form = Alarms()
    if not form.validate_on_submit():
        return _shown(NewAppPassword(formdata=None), 422, reminding=form)
    choose(actor(), int(form.minutes.data) if form.minutes.data else None, mine=form.mine.data)
    told("Saved. Your apps are told when they look next.")
    return see_other(".connect", _anchor="alarms")


def _alarms() -> Alarms:
    alarm = chosen(actor())
    if alarm is None:
        return Alarms(formdata=None, data={"minutes": NEVER, "mine": True})
    return Alarms(formdata=None, data={"minutes": str(alarm.minutes), "mine": alarm.mine})


def _shown(
    form: NewAppPassword,
    status: int,
    *,
    reminding: Alarms | None = None,
    secret: str = "",
    of: str = "",
) -> ResponseReturnValue:
    base_url = services().settings.base_url
    parts = urlsplit(base_url)
    return page(
        "tasks/connect.html",
        status,
        form=form,
        reminding=reminding or _alarms(),
        secret=secret,
        of=of,
        server=f"{base_url}/dav/",
        host=parts.netloc,
        encrypted=parts.scheme == "https",
        lists=[
            (each.name, f"{base_url}{each.path}") for each in collections_of(session(), actor())
        ],
        agent=rights().agent,
    )
