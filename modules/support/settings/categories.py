"""Categories: all of them, and the page of one."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms.fields.choices import SelectChoice

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
from groupware.web.settings.finding import by_name
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, locked, overtaken
from modules.support.settings.forms import CategoryForm
from modules.support.settings.lists import MOST_LISTS, in_order
from modules.tasks import categories
from modules.tasks.models import Category, TaskList
from modules.tasks.queries import lists_worked_by

blueprint = Blueprint("support_categories", __name__, url_prefix="/settings/categories")


@blueprint.get("")
@open_to(MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    archived = request.args.get("show") == "archived"
    query = select(Category).where(Category.archived.is_(archived))
    rows, after = by_name(query.options(selectinload(Category.task_lists)), Category)
    return page("settings/categories.html", rows=rows, after=after, archived=archived)


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    sent = request.method == "POST"
    form, there = form_of({"name": "", "hue": 1, "task_lists": []}, sent=sent)
    if sent and form.validate():
        with refusals(form):
            categories.create(session(), actor(), **typed(form, there), now=now())
            told("The category was added.")
            return see_other(".all_of_them")
    return page("settings/category.html", 422 if sent else 200, form=form, category=None)


@blueprint.route("/<int:category_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def edit(category_id: int) -> ResponseReturnValue:
    category, sent = named(category_id), request.method == "POST"
    values = {
        "name": category.name,
        "hue": category.hue,
        "task_lists": sorted(task_list.id for task_list in category.task_lists),
    }
    form, there = form_of(values, sent=sent)
    if sent and form.validate():
        form.task_lists.data.sort()
        if both := overtaken(form, values, keep=url_for(".edit", category_id=category_id)):
            return both
        with refusals(form):
            categories.edit(session(), actor(), category, **typed(form, there), now=now())
            told("Saved.")
            return see_other(".all_of_them")
    return page("settings/category.html", 422 if sent else 200, form=form, category=category)


@blueprint.route("/<int:category_id>/archive", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def archive(category_id: int) -> ResponseReturnValue:
    category = named(category_id)
    if request.method == "GET":
        return ask(
            f"Archive {category.name}?",
            ["It is no longer offered. Tickets that have it keep it.", "You can restore it."],
            button="Archive",
            back=url_for(".edit", category_id=category_id),
        )
    categories.archive(session(), actor(), category, now=now())
    told(f"{category.name} is archived.")
    return see_other(".all_of_them")


@blueprint.post("/<int:category_id>/restore")
@open_to(MANAGE_SUPPORT)
def restore(category_id: int) -> ResponseReturnValue:
    category = named(category_id)
    categories.restore(session(), actor(), category, now=now())
    told(f"{category.name} is in use again.")
    return see_other(".all_of_them")


def named(category_id: int) -> Category:
    return locked(select(Category).where(Category.id == category_id))


def form_of(values: dict[str, Any], *, sent: bool) -> tuple[CategoryForm, dict[int, TaskList]]:
    """The form, and the lists that it offers."""
    query = in_order(lists_worked_by(actor())).limit(MOST_LISTS)
    there = {task_list.id: task_list for task_list in session().scalars(query)}
    form = filled(CategoryForm, values, sent=sent)
    form.task_lists.choices = [SelectChoice(each.id, each.name) for each in there.values()]
    return form, there


def typed(form: CategoryForm, there: dict[int, TaskList]) -> dict[str, Any]:
    return {
        "name": form.name.data or "",
        "hue": form.hue.data,
        "task_lists": [there[list_id] for list_id in form.task_lists.data],
    }
