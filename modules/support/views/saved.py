"""Saved views: all that one has, and the page of one."""

from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from groupware import sharing
from groupware.access import level_in
from groupware.errors import Invalid
from groupware.text import number_in
from groupware.web import sharing as control
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, overtaken
from modules.support import showing
from modules.support.forms import ViewForm
from modules.support.showing import columns_by_list, columns_for
from modules.support.sidebar import COUNTED_AT_ONCE, numbers, saved
from modules.tasks import saved_views
from modules.tasks.counts import listed
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.filters import GroupBy
from modules.tasks.queue.names import Names
from modules.tasks.saved_views import Mode, SavedView, Wish, visible_views
from modules.tasks.saved_views.queries import MOST

blueprint = Blueprint("support_views", __name__, url_prefix="/support/views")


@blueprint.get("")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    views = session().scalars(visible_views(actor()).limit(MOST)).all()
    alone = sharing.private_among(session(), [view.acl_id for view in views])
    return page("support/views.html", views=views, private=alone, opened=showing.opened)


@blueprint.get("/counts")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def counts() -> ResponseReturnValue:
    """How many tickets there are in the views of the side bar that no page counted, by number."""
    views = saved(session(), actor())[COUNTED_AT_ONCE:]
    return jsonify(numbers(session(), actor(), listed(session(), actor()), views))


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    sent = request.method == "POST"
    known = choices(session(), actor())
    asked = {name: request.args.get(name, "") for name in ("q", "group", "mode")}
    values = {
        "name": "",
        "query": asked["q"],
        "group": asked["group"] if asked["group"] in list(GroupBy) else GroupBy.STATUS.value,
        "mode": asked["mode"] if asked["mode"] in list(Mode) else Mode.LIST.value,
        "hue": 0,
        "columns": [],
    }
    form = _form(values, known, sent=sent)
    if sent and form.validate():
        with refusals(form):
            view = saved_views.save(session(), actor(), _wish(form, known), now=now())
            told(f"{view.name} is saved. It is yours alone until you share it.")
            return redirect(showing.opened(view), 303)
    columns = _columns(form, known)
    return page("support/view.html", 422 if sent else 200, form=form, view=None, columns=columns)


@blueprint.route("/<int:view_id>", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(view_id: int) -> ResponseReturnValue:
    view, sent = _view(view_id), request.method == "POST"
    known = choices(session(), actor())
    text = Names(session(), known).text_of(saved_views.filters_of(view))
    values = {
        "name": view.name,
        "query": text,
        "group": view.grouping,
        "mode": view.mode,
        "hue": view.hue,
        "columns": view.columns,
    }
    form = _form(values, known, sent=sent)
    if sent:
        sharing.require(session(), actor(), view, sharing.CHANGE)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".edit", view_id=view_id)):
            return both
        with refusals(form):
            saved_views.change(session(), actor(), view, _wish(form, known), now=now())
            told("Saved.")
            return redirect(showing.opened(view), 303)
    place = _place(view_id)
    return page(
        "support/view.html",
        422 if sent else 200,
        form=form,
        columns=_columns(form, known),
        view=view,
        text=text,
        access=control.control(place, url_for(".save_access", view_id=view_id)),
        may_change=level_in(session(), actor(), view.acl_id) >= sharing.CHANGE,
    )


@blueprint.post("/<int:view_id>/copy")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def copy(view_id: int) -> ResponseReturnValue:
    made = saved_views.copy(session(), actor(), _view(view_id), now=now())
    told("This is a copy of your own: change it as you like.")
    return see_other(".edit", view_id=made.id)


@blueprint.route("/<int:view_id>/deletion", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(view_id: int) -> ResponseReturnValue:
    view = _view(view_id)
    sharing.require(session(), actor(), view, sharing.CHANGE)
    if request.method == "GET":
        return ask(
            f"Delete the view {view.name}?",
            ["It goes for everybody who uses it.", "No ticket is touched."],
            button="Delete",
            back=url_for(".edit", view_id=view_id),
        )
    saved_views.delete(session(), actor(), view, now=now())
    told(f"{view.name} is deleted.")
    return see_other(".all_of_them")


@blueprint.post("/order")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def order() -> ResponseReturnValue:
    """Move one of the views up or down among one's own order."""
    views = list(
        session().scalars(visible_views(actor()).with_only_columns(SavedView.id).limit(MOST))
    )
    moved, way = number_in(request.form.get("view", "")), request.form.get("way")
    if moved in views and way in ("up", "down"):
        at = views.index(moved)
        to = max(0, min(at + (1 if way == "down" else -1), len(views) - 1))
        views.insert(to, views.pop(at))
        saved_views.put_in_order(session(), actor(), views)
    return see_other(".all_of_them")


def _place(view_id: int) -> control.Place:
    view = _view(view_id)
    return control.of(
        view,
        name=view.name,
        share=partial(saved_views.share, session(), actor(), view, now=now()),
        back=url_for(".edit", view_id=view_id),
        away=url_for(".all_of_them"),
    )


control.routes(blueprint, "/<int:view_id>/access", _place, MANAGE_TICKETS, MANAGE_SUPPORT)


def _view(view_id: int) -> SavedView:
    return one(visible_views(actor()).where(SavedView.id == view_id))


def _form(values: dict[str, Any], known: Choices, *, sent: bool) -> ViewForm:
    form = filled(ViewForm, values, sent=sent)
    form.columns.choices = [
        SelectChoice(each, word) for each, word in columns_for(session(), known)
    ]
    return form


def _columns(form: ViewForm, known: Choices) -> list[tuple[str, list[Any]]]:
    """The boxes for columns, by the list that asks for what they show."""
    lists = {name: of for name, _, of in columns_by_list(session(), known)}
    return [(of, list(some)) for of, some in groupby(form.columns, lambda box: lists[box.data])]


def _wish(form: ViewForm, known: Choices) -> Wish:
    try:
        filters = Names(session(), known).read(form.query.data or "")
    except Invalid as refusal:
        raise Invalid(query=refusal.message) from refusal
    filters = replace(filters, group=GroupBy(form.group.data))
    columns = form.columns.data or ()
    return Wish(form.name.data or "", filters, form.hue.data, columns, Mode(form.mode.data))
