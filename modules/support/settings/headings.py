"""The headings under which task lists stand."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

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
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, locked, overtaken
from modules.support.settings.forms import NameForm
from modules.tasks import groupings
from modules.tasks.models import Grouping

blueprint = Blueprint("support_headings", __name__, url_prefix="/settings/support/headings")

MOST = 200


@blueprint.route("", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    form = filled(NameForm, {"name": ""}, sent=request.method == "POST")
    if form.validate_on_submit():
        with refusals(form):
            groupings.named_so(session(), actor(), form.name.data or "", now=now())
            return see_other(".all_of_them")
    rows = session().scalars(
        select(Grouping).order_by(Grouping.position, Grouping.name).limit(MOST)
    )
    return page(
        "settings/headings.html",
        422 if form.is_submitted() else 200,
        form=form,
        headings=rows.all(),
    )


@blueprint.route("/<int:heading_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def edit(heading_id: int) -> ResponseReturnValue:
    heading = named(heading_id)
    values, sent = {"name": heading.name}, request.method == "POST"
    form = filled(NameForm, values, sent=sent)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".all_of_them")):
            return both
        with refusals(form):
            name = form.name.data or ""
            groupings.rename(session(), actor(), heading, name=name, now=now())
            told("Saved.")
            return see_other(".all_of_them")
    return page("settings/heading.html", 422 if sent else 200, form=form, heading=heading)


@blueprint.post("/<int:heading_id>/place")
@open_to(MANAGE_SUPPORT)
def shift(heading_id: int) -> ResponseReturnValue:
    up = request.form.get("to") == "up"
    groupings.shift(session(), actor(), named(heading_id), by=-1 if up else 1, now=now())
    return see_other(".all_of_them")


@blueprint.route("/<int:heading_id>/delete", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def delete(heading_id: int) -> ResponseReturnValue:
    heading = named(heading_id)
    if request.method == "GET":
        return ask(
            f"Delete the heading {heading.name}?",
            ["Its task lists stay, under no heading."],
            button="Delete",
            back=url_for(".all_of_them"),
        )
    groupings.delete(session(), actor(), heading, now=now())
    told("The heading was deleted.")
    return see_other(".all_of_them")


def named(heading_id: int) -> Grouping:
    return locked(select(Grouping).where(Grouping.id == heading_id))
