"""Locations: all of them, and the page of one with who may file for it."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware import acls
from groupware.models import Level, Location
from groupware.web.request import (
    MANAGE_SUPPORT,
    actor,
    now,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.settings.finding import MOST_FOUND, by_name, sought, to_pick
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, locked, overtaken
from groupware.web.sharing import sent_group
from modules.support.settings.forms import NameForm
from modules.tasks import locations

blueprint = Blueprint("support_locations", __name__, url_prefix="/settings/locations")


@blueprint.route("", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    sent = request.method == "POST"
    form = filled(NameForm, {"name": ""}, sent=sent)
    if sent and form.validate():
        with refusals(form):
            made = locations.create(session(), actor(), name=form.name.data or "", now=now())
            told(f"{made.name} was added. Now say who may file for it.")
            return see_other(".show", location_id=made.id)
    archived = request.args.get("show") == "archived"
    query = select(Location).where(Location.archived.is_(archived))
    if text := sought():
        query = query.where(Location.name.icontains(text, autoescape=True))
    rows, after = by_name(query, Location)
    used = acls.in_use(session(), [row.acl_id for row in rows])
    return page(
        "settings/locations.html", 422 if sent else 200, form=form, rows=rows, after=after,
        archived=archived, q=text, used=used,
    )  # fmt: skip


@blueprint.route("/<int:location_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def show(location_id: int) -> ResponseReturnValue:
    location, sent = named(location_id), request.method == "POST"
    values = {"name": location.name}
    form = filled(NameForm, values, sent=sent)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".show", location_id=location_id)):
            return both
        with refusals(form):
            name = form.name.data or ""
            locations.rename(session(), actor(), location, name=name, now=now())
            told("Saved.")
            return see_other(".show", location_id=location_id)
    lines = acls.lines(session(), location.acl_id)
    return page(
        "settings/location.html", 422 if sent else 200, form=form, location=location, lines=lines,
        most_lines=acls.MOST_LINES,
    )  # fmt: skip


@blueprint.route("/<int:location_id>/access/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def add_access(location_id: int) -> ResponseReturnValue:
    location = named(location_id)
    if request.method == "POST":
        group = sent_group()
        locations.set_access(session(), actor(), location, {group.id: Level.READ}, now=now())
        told(f"{group.name} may file for {location.name}.")
        return see_other(".show", location_id=location_id)
    found = to_pick(sought())
    ids = [row.id for row in found[:MOST_FOUND]]
    return page(
        "settings/location_add.html",
        location=location,
        q=sought(),
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        there=acls.levels_of(session(), location.acl_id, ids),
    )


@blueprint.post("/<int:location_id>/access/remove")
@open_to(MANAGE_SUPPORT)
def remove_access(location_id: int) -> ResponseReturnValue:
    location, group = named(location_id), sent_group()
    locations.set_access(session(), actor(), location, {group.id: Level.NONE}, now=now())
    told(f"{group.name} was removed from the list.")
    return see_other(".show", location_id=location_id)


@blueprint.route("/<int:location_id>/archive", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def archive(location_id: int) -> ResponseReturnValue:
    location = named(location_id)
    if request.method == "GET":
        return ask(
            f"Archive {location.name}?",
            ["Nobody can file for it any more. Tickets that name it keep it.",
             "You can restore it."],
            button="Archive",
            back=url_for(".show", location_id=location_id),
        )  # fmt: skip
    locations.archive(session(), actor(), location, now=now())
    told(f"{location.name} is archived.")
    return see_other(".all_of_them")


@blueprint.post("/<int:location_id>/restore")
@open_to(MANAGE_SUPPORT)
def restore(location_id: int) -> ResponseReturnValue:
    location = named(location_id)
    locations.restore(session(), actor(), location, now=now())
    told(f"{location.name} is in use again.")
    return see_other(".show", location_id=location_id)


def named(location_id: int) -> Location:
    return locked(select(Location).where(Location.id == location_id))
