"""Macros: all that one may run, and the page of one."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from groupware.errors import Invalid
from groupware.models import User
from groupware.text import one_line
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
from groupware.web.settings.saving import overtaken
from modules.support.settings import at_hand as parts
from modules.support.settings.forms import MacroForm
from modules.tasks import fields
from modules.tasks.canned import at_hand
from modules.tasks.canned.placeholders import PLACEHOLDERS
from modules.tasks.fields import CustomField
from modules.tasks.macros import managing
from modules.tasks.macros.models import Macro
from modules.tasks.macros.steps import Steps
from modules.tasks.models import Category, TaskList
from modules.tasks.people import who_may_work_somewhere
from modules.tasks.queries import lists_worked_by

blueprint = Blueprint("support_macros", __name__, url_prefix="/settings/macros")

MOST_PEOPLE = 300


parts.routes(
    blueprint, Macro, template="settings/macros.html", what="macro", stays="What it did stays."
)


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    sent = request.method == "POST"
    form, there, asked = _form(None, {}, sent=sent)
    if sent and form.validate():
        with refusals(form):
            label = parts.label(form, there)
            made = managing.create(session(), actor(), label, _steps(form, asked), now=now())
            told(f"{made.name} was added. Share it below, or keep it to yourself.")
            return see_other(".edit", thing_id=made.id)
    return _page(form, None, 422 if sent else 200)


@blueprint.route("/<int:thing_id>", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(thing_id: int) -> ResponseReturnValue:
    sent = request.method == "POST"
    macro = parts.mine(Macro, thing_id, to_change=sent)
    values = _values(macro)
    form, there, asked = _form(macro, values, sent=sent)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".edit", thing_id=thing_id)):
            return both
        with refusals(form):
            label = parts.label(form, there)
            managing.edit(session(), actor(), macro, label, _steps(form, asked), now=now())
            told("Saved.")
            return see_other(".edit", thing_id=thing_id)
    return _page(form, macro, 422 if sent else 200)


def _values(macro: Macro) -> dict[str, Any]:
    """What a macro does, as its form has it."""
    steps = Steps.of(macro.steps)
    return {
        "name": macro.name,
        "category": macro.category,
        "task_list": str(macro.task_list_id or ""),
        "state": steps.state,
        "assignee": steps.assignee,
        "urgency": steps.urgency,
        "waiting": steps.waiting,
        "due_days": steps.due_days,
        "to_list": str(steps.task_list or ""),
        "add_categories": [str(each) for each in steps.add_categories],
        "remove_categories": [str(each) for each in steps.remove_categories],
        "fields": "\n".join(f"{slug}: {_typed(value)}" for slug, value in steps.fields.items()),
        "kind": steps.kind,
        "body": steps.body,
        "canned": str(steps.canned or ""),
    }


def _form(
    macro: Macro | None, values: dict[str, Any], *, sent: bool
) -> tuple[MacroForm, dict[str, TaskList], list[CustomField]]:
    """The form with its choices, the lists it can belong to, and the fields it can set."""
    form = filled(MacroForm, values, sent=sent)
    there = parts.lists_to_choose(form, macro)
    lists = (
        session()
        .scalars(
            lists_worked_by(actor()).where(TaskList.archived.is_(False)).order_by(TaskList.name)
        )
        .all()
    )
    form.to_list.choices = _with_none("Leave it", ((each.id, each.name) for each in lists))
    people = session().execute(
        who_may_work_somewhere().with_only_columns(User.id, User.name).limit(MOST_PEOPLE)
    )
    fixed = (("me", "Whoever runs it"), ("nobody", "Nobody"))
    form.assignee.choices = _with_none("Leave it", (*fixed, *people))
    words = select(Category.id, Category.name).where(Category.archived.is_(False))
    categories = session().execute(words.order_by(Category.name).limit(MOST_PEOPLE)).all()
    for each in (form.add_categories, form.remove_categories):
        each.choices = [SelectChoice(str(key), name) for key, name in categories]
    form.canned.choices = [SelectChoice("", "None"), *parts.canned_choices()]
    wanted = there.get(values.get("task_list", "") if not sent else form.task_list.data)
    return form, there, fields.in_lists(session(), [wanted] if wanted else lists)


def _with_none(word: str, choices: Any) -> list[SelectChoice]:
    return [SelectChoice("", word), *(SelectChoice(str(key), name) for key, name in choices)]


def _steps(form: MacroForm, asked: list[CustomField]) -> Steps:
    return Steps(
        state=form.state.data or "",
        assignee=form.assignee.data or "",
        urgency=form.urgency.data or "",
        waiting=form.waiting.data or "",
        due_days=form.due_days.data,
        task_list=number(form.to_list.data),
        add_categories=tuple(int(each) for each in form.add_categories.data or ()),
        remove_categories=tuple(int(each) for each in form.remove_categories.data or ()),
        fields=_fields(form.fields.data or "", asked),
        kind=form.kind.data or "reply",
        body=form.body.data or "",
        canned=number(form.canned.data),
    ).checked()


def _fields(text: str, asked: list[CustomField]) -> dict[str, Any]:
    """A line a field, `device: Printer`, by its slug or its name; without a value it is cleared."""
    slugs = {each.slug: each for each in asked} | {each.name.casefold(): each for each in asked}
    found: dict[str, Any] = {}
    for line in text.splitlines():
        name, _, said = line.partition(":")
        if not line.strip():
            continue
        field = slugs.get(one_line(name).casefold())
        if field is None:
            raise Invalid(fields=f"There is no field “{one_line(name)[:60]}”.")
        said = said.strip()
        several = field.sort is fields.FieldKind.CHOICES
        found[field.slug] = [each.strip() for each in said.split(",")] if several else said
    return found


def _typed(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")


def _page(form: MacroForm, macro: Macro | None, status: int) -> ResponseReturnValue:
    return page(
        "settings/macro.html",
        status,
        form=form,
        macro=macro,
        may_change=macro is None or at_hand.may_change(session(), actor(), macro),
        access=macro and parts.control(macro, "support_macros"),
        placeholders=[(name, words) for name, (words, _) in PLACEHOLDERS.items()],
    )
