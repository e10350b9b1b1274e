"""Task lists: all of them under their headings, and the page of one."""

from dataclasses import asdict
from itertools import groupby
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from groupware.access import access_of
from groupware.errors import Forbidden
from groupware.models import Level, User
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    rights,
    see_other,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, overtaken
from modules.support.settings import access
from modules.support.settings.access import managed
from modules.support.settings.forms import General, NewList, RulesForm
from modules.support.settings.reach import reach_of
from modules.tasks import lists
from modules.tasks.lists import Rules, Side
from modules.tasks.models import Grouping, TaskList
from modules.tasks.queries import lists_worked_by

blueprint = Blueprint("support_lists", __name__, url_prefix="/settings/support")

MOST_LISTS = 200


def manages_a_list(session: Session, person: User) -> bool:
    """True for managers, and for whoever manages a list by its agents' access."""
    if access_of(session, person).manager:
        return True
    return session.scalar(lists_worked_by(person, Level.MANAGE).limit(1)) is not None


def in_order(query: Select[TaskList]) -> Select[TaskList]:
    """Lists in the managers' order, heading after heading; archived ones last."""
    return query.outerjoin(TaskList.grouping).order_by(
        TaskList.archived,
        Grouping.position.is_(None),
        Grouping.position,
        Grouping.name,
        TaskList.position,
        TaskList.name,
    )


@blueprint.get("")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def overview() -> ResponseReturnValue:
    query = in_order(lists_worked_by(actor(), Level.MANAGE)).add_columns(Grouping)
    rows = session().execute(query.limit(MOST_LISTS)).all()
    if not rows and not rights().manager:
        raise Forbidden
    reach = reach_of(session(), [task_list for task_list, _ in rows])
    headings = [
        (heading, archived, [task_list for task_list, _ in found])
        for (heading, archived), found in groupby(
            rows, key=lambda row: (None if row[0].archived else row[1], row[0].archived)
        )
    ]
    return page("settings/lists.html", headings=headings, reach=reach, manager=rights().manager)


@blueprint.route("/lists/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    form = NewList()
    if form.validate_on_submit():
        with refusals(form):
            made = lists.create(
                session(), actor(), name=form.name.data or "", hue=form.hue.data,
                description=form.description.data or "", now=now(),
            )  # fmt: skip
            told(f"{made.name} was added. Now say who may ask and who may answer.")
            return see_other(".show", list_id=made.id)
    return page("settings/list_add.html", 422 if form.is_submitted() else 200, form=form)


@blueprint.get("/lists/<int:list_id>")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def show(list_id: int) -> ResponseReturnValue:
    return shown(managed(list_id))


@blueprint.post("/lists/<int:list_id>")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def describe(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    values, form = general_of(task_list, sent=True)
    if form.validate():
        if both := overtaken(form, values, keep=url_for(".show", list_id=list_id)):
            return both
        with refusals(form):
            lists.describe(
                session(), actor(), task_list, name=form.name.data or "", hue=form.hue.data,
                description=form.description.data or "",
                grouping=session().get(Grouping, form.grouping.data), now=now(),
            )  # fmt: skip
            told("Saved.")
            return see_other(".show", list_id=list_id)
    return shown(task_list, general=form)


@blueprint.post("/lists/<int:list_id>/rules")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def set_rules(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    values, form = rules_of(task_list, sent=True)
    if form.validate():
        if both := overtaken(form, values, keep=url_for(".show", list_id=list_id)):
            return both
        with refusals(form):
            rules = Rules(**{name: form[name].data for name in values})
            lists.set_rules(session(), actor(), task_list, rules, now=now())
            told("The rules are saved.")
            return see_other(".show", list_id=list_id)
    return shown(task_list, rules=form)


@blueprint.post("/lists/<int:list_id>/default")
@open_to(MANAGE_SUPPORT)
def make_default(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    lists.make_default(session(), actor(), task_list, now=now())
    told(f"{task_list.name} is the default list.")
    return see_other(".show", list_id=list_id)


@blueprint.post("/lists/<int:list_id>/place")
@open_to(MANAGE_SUPPORT)
def shift(list_id: int) -> ResponseReturnValue:
    up = request.form.get("to") == "up"
    lists.shift(session(), actor(), managed(list_id), by=-1 if up else 1, now=now())
    return see_other(".overview", _anchor=f"list-{list_id}")


@blueprint.route("/lists/<int:list_id>/archive", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def archive(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    if request.method == "GET":
        return ask(
            f"Archive {task_list.name}?",
            [
                "Nobody can file requests in it any more.",
                "Its tickets stay, and can still be read and answered.",
                "You can restore it at any time.",
            ],
            button="Archive",
            back=url_for(".show", list_id=list_id),
        )
    lists.archive(session(), actor(), task_list, now=now())
    told(f"{task_list.name} is archived.")
    return see_other(".overview")


@blueprint.post("/lists/<int:list_id>/restore")
@open_to(MANAGE_SUPPORT)
def restore(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    lists.restore(session(), actor(), task_list, now=now())
    told(f"{task_list.name} is in use again.")
    return see_other(".show", list_id=list_id)


def shown(
    task_list: TaskList, *, general: General | None = None, rules: RulesForm | None = None
) -> ResponseReturnValue:
    """The page of a list; with a form that was refused, that form as it was sent (422)."""
    controls = {side.value: access.control(task_list, side) for side in Side}
    return page(
        "settings/list.html",
        422 if general or rules else 200,
        task_list=task_list,
        general=general or general_of(task_list)[1],
        rules=rules or rules_of(task_list)[1],
        access=controls,
        reach=reach_of(session(), [task_list])[task_list.id],
        manager=rights().manager,
    )


def general_of(task_list: TaskList, *, sent: bool = False) -> tuple[dict[str, Any], General]:
    """What a list is called and looks like, and the form for it."""
    values = {
        "name": task_list.name,
        "description": task_list.description,
        "grouping": task_list.grouping_id or 0,
        "hue": task_list.hue,
    }
    form = filled(General, values, sent=sent)
    headings = session().scalars(select(Grouping).order_by(Grouping.position, Grouping.name))
    form.grouping.choices = [
        SelectChoice(0, "None"),
        *(SelectChoice(each.id, each.name) for each in headings),
    ]
    return values, form


def rules_of(task_list: TaskList, *, sent: bool = False) -> tuple[dict[str, Any], RulesForm]:
    """The rules of a list, and the form for them."""
    values = asdict(Rules.of(task_list))
    return values, filled(RulesForm, values, sent=sent)
