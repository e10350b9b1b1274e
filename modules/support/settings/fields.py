"""A list's custom fields: all of them, and the page of one."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from groupware.errors import Invalid
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.settings.finding import number
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, overtaken
from modules.support.settings.access import managed
from modules.support.settings.forms import FieldForm
from modules.tasks.fields import CustomField, FieldKind, managing
from modules.tasks.fields.kinds import WORDS, folded
from modules.tasks.fields.managing import Wish
from modules.tasks.models import TaskList

blueprint = Blueprint(
    "support_fields", __name__, url_prefix="/settings/support/lists/<int:list_id>/fields"
)


@blueprint.get("")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def all_of_them(list_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    there = managing.all_of(session(), task_list)
    archived = request.args.get("show") == "archived"
    return page(
        "settings/fields.html",
        task_list=task_list,
        rows=[each for each in there if each.archived == archived],
        archived=archived,
        names={each.id: each.name for each in there},
        kinds=WORDS,
    )


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def add(list_id: int) -> ResponseReturnValue:
    task_list, sent = managed(list_id), request.method == "POST"
    form = _form(task_list, None, _values(None), sent=sent)
    if sent and form.validate():
        with refusals(form):
            made = managing.add(session(), actor(), task_list, _wish(form, task_list), now=now())
            told(f"{made.name} is asked in {task_list.name} now.")
            return see_other(".all_of_them", list_id=list_id)
    return _page(task_list, None, form, 422 if sent else 200)


@blueprint.route("/<int:field_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def edit(list_id: int, field_id: int) -> ResponseReturnValue:
    task_list, sent = managed(list_id), request.method == "POST"
    field = _named(task_list, field_id)
    values = _values(field)
    form = _form(task_list, field, values, sent=sent)
    if sent and form.validate():
        if both := overtaken(
            form, values, keep=url_for(".edit", list_id=list_id, field_id=field_id)
        ):
            return both
        with refusals(form):
            managing.edit(session(), actor(), field, task_list, _wish(form, task_list), now=now())
            told("Saved.")
            return see_other(".all_of_them", list_id=list_id)
    return _page(task_list, field, form, 422 if sent else 200)


@blueprint.post("/<int:field_id>/place")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def shift(list_id: int, field_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    up = request.form.get("to") == "up"
    field = _named(task_list, field_id)
    managing.shift(session(), actor(), field, task_list, by=-1 if up else 1, now=now())
    return see_other(".all_of_them", list_id=list_id)


@blueprint.route("/<int:field_id>/archive", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def archive(list_id: int, field_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    field = _named(task_list, field_id)
    if request.method == "GET":
        return ask(
            f"Archive {field.name}?",
            ["It is no longer asked or shown. What tickets say to it is kept.",
             "You can restore it."],
            button="Archive",
            back=url_for(".edit", list_id=list_id, field_id=field_id),
        )  # fmt: skip
    try:
        with session().begin_nested():
            managing.archive(session(), actor(), field, task_list, now=now())
    except Invalid as refusal:
        told(refusal.message, "danger")
        return see_other(".edit", list_id=list_id, field_id=field_id)
    told(f"{field.name} is archived.")
    return see_other(".all_of_them", list_id=list_id)


@blueprint.post("/<int:field_id>/restore")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def restore(list_id: int, field_id: int) -> ResponseReturnValue:
    task_list = managed(list_id)
    field = _named(task_list, field_id)
    managing.restore(session(), actor(), field, task_list, now=now())
    told(f"{field.name} is asked again.")
    return see_other(".all_of_them", list_id=list_id)


def _named(task_list: TaskList, field_id: int) -> CustomField:
    return managing.field_named(session(), task_list, field_id)


def _values(field: CustomField | None) -> dict[str, Any]:
    """What a field is, as its form has it."""
    if field is None:
        return {"kind": "text", "public": True}
    default = field.default
    if isinstance(default, bool):
        default = "yes" if default else "no"
    if isinstance(default, list):
        default = "\n".join(default)
    return {
        "name": field.name,
        "kind": field.sort.value,
        "help": field.help,
        "choices": "\n".join(field.choices),
        "default": "" if default is None else str(default),
        "required": field.required,
        "public": field.public,
        "depends_on": str(field.depends_on_id or ""),
        "depends_value": field.depends_value,
    }


def _form(
    task_list: TaskList, field: CustomField | None, values: dict[str, Any], *, sent: bool
) -> FieldForm:
    form = filled(FieldForm, values, sent=sent)
    others = managing.may_decide(field, managing.all_of(session(), task_list))
    form.depends_on.choices = [
        SelectChoice("", "Always asked"),
        *(SelectChoice(str(each.id), each.name) for each in others),
    ]
    return form


def _wish(form: FieldForm, task_list: TaskList) -> Wish:
    kind = FieldKind(form.kind.data)
    typed = (form.default.data or "").strip()
    lines = (form.choices.data or "").splitlines()
    return Wish(
        name=form.name.data or "",
        kind=kind,
        help=form.help.data or "",
        choices=lines,
        default=[each.strip() for each in typed.splitlines() if each.strip()]
        if kind is FieldKind.CHOICES
        else typed,
        required=form.required.data,
        public=form.public.data,
        depends_on_id=number(form.depends_on.data),
        depends_value=_as_offered(form, managing.all_of(session(), task_list)),
    )


def _as_offered(form: FieldForm, others: Sequence[CustomField]) -> str:
    """The value that was typed, written as the other field offers it."""
    typed = " ".join((form.depends_value.data or "").split())
    wanted = number(form.depends_on.data)
    offered = (value for each in others if each.id == wanted for value in managing.values_of(each))
    return next((each for each in offered if folded(each) == folded(typed)), typed)


def _page(
    task_list: TaskList, field: CustomField | None, form: FieldForm, status: int
) -> ResponseReturnValue:
    others = managing.may_decide(field, managing.all_of(session(), task_list))
    return page(
        "settings/field.html",
        status,
        task_list=task_list,
        field=field,
        form=form,
        deciding=[(each.name, managing.values_of(each)) for each in others],
        used=field is not None and managing.in_use(session(), field),
    )
