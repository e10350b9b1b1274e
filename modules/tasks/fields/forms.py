"""Custom fields in forms: what a page asks, and what was said to it.

A form is shown for one list. Who chooses another one is shown its fields: by script at once,
without any after sending, with everything that was typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import request
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateInput, TimeInput

from groupware.errors import Invalid
from groupware.web.settings.forms import CheckboxesField
from modules.tasks.fields.kinds import LONGEST_LINE, LONGEST_LINK, LONGEST_TEXT
from modules.tasks.fields.models import CustomField, FieldKind
from modules.tasks.fields.reading import Cell, fields_of
from modules.tasks.fields.writing import input_name
from modules.tasks.models import TaskList

F = TypeVar("F", bound=FlaskForm)
FIELDS_OF = "fields_of"
"""The hidden field that tells for which list a form was shown."""
NAME_HELP = "Their whole name, or their address."


@dataclass(frozen=True)
class Question:
    """A custom field on a page."""

    input: Field
    required: bool
    depends_on: str = ""  # the input that decides whether it is asked
    depends_value: str = ""
    note: str = ""  # the same in words, for whoever has no scripts


def asked_in(
    session: Session, task_list: TaskList | None, *, public: bool = False
) -> list[CustomField]:
    """The fields of the list that a form is shown for."""
    return fields_of(session, task_list.id, public=public) if task_list else []


def with_fields(form: type[F], asked: Sequence[CustomField], cells: Sequence[Cell] = ()) -> type[F]:
    """The form with these fields too, filled with what a ticket says, or with the defaults."""
    given = {cell.field.id: cell for cell in cells}
    inputs = {input_name(each): _input(each, _typed(each, given, new=not cells)) for each in asked}
    return type(form.__name__, (form,), inputs)


def questions(form: FlaskForm, asked: Sequence[CustomField]) -> list[Question]:
    """The fields as macros/fields.html draws them; those that the form does not have are left out."""
    by_id = {each.id: each for each in asked}
    found = []
    for each in asked:
        if input_name(each) not in form:
            continue
        other = by_id.get(each.depends_on_id or 0)
        note = ""
        if other:
            value = each.depends_value
            said = value.capitalize() if other.sort is FieldKind.YES_NO else value
            note = f"Only where “{other.name}” is “{said}”."
        found.append(
            Question(
                form[input_name(each)],
                each.required,
                input_name(other) if other else "",
                each.depends_value,
                note,
            )
        )
    return found


def said(form: FlaskForm, asked: Sequence[CustomField]) -> dict[str, Any]:
    """What was typed into the fields, by slug."""
    return {each.slug: form[input_name(each)].data for each in asked if input_name(each) in form}


def require_shown(task_list: TaskList | None, asked: Sequence[CustomField]) -> None:
    """Refuse a form that was shown for another list: its sender has not seen these fields."""
    shown_for = request.form.get(FIELDS_OF)
    if task_list and asked and shown_for not in (None, str(task_list.id)):
        raise Invalid(f"Please answer what {task_list.name} asks, too.")


def _typed(field: CustomField, given: Mapping[int, Cell], *, new: bool) -> Any:
    """A value as its input has it."""
    cell = given.get(field.id)
    value = cell.value if cell else field.default if new else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return [] if field.sort is FieldKind.CHOICES else ""
    if field.sort is FieldKind.PERSON:
        return cell.text if cell else ""
    return value if isinstance(value, list) else str(value)


def _input(field: CustomField, value: Any) -> Any:
    kind, words = field.sort, {"description": field.help, "default": value}
    if kind is FieldKind.LONG_TEXT:
        return TextAreaField(field.name, render_kw={"rows": 4, "maxlength": LONGEST_TEXT}, **words)
    if kind is FieldKind.YES_NO:
        choices = [
            SelectChoice("", "Not answered"),
            SelectChoice("yes", "Yes"),
            SelectChoice("no", "No"),
        ]
        return SelectField(field.name, choices=choices, validate_choice=False, **words)
    if kind is FieldKind.CHOICE:
        # What is no longer offered can still be kept.
        kept = [value] if value and value not in field.choices else []
        choices = [
            SelectChoice("", "Not answered"),
            *(SelectChoice(c, c) for c in (*field.choices, *kept)),
        ]
        return SelectField(field.name, choices=choices, validate_choice=False, **words)
    if kind is FieldKind.CHOICES:
        kept = [each for each in value if each not in field.choices]
        choices = [SelectChoice(c, c) for c in (*field.choices, *kept)]
        return CheckboxesField(field.name, choices=choices, validate_choice=False, **words)
    if kind is FieldKind.PERSON:
        words["description"] = " ".join(filter(None, (field.help, NAME_HELP)))
    widgets = {FieldKind.DATE: DateInput, FieldKind.TIME: TimeInput}
    modes = {FieldKind.NUMBER: "decimal", FieldKind.LINK: "url"}
    longest = LONGEST_LINK if kind is FieldKind.LINK else LONGEST_LINE
    more = {"inputmode": modes[kind]} if kind in modes else {}
    return StringField(
        field.name,
        widget=widgets[kind]() if kind in widgets else None,
        render_kw={"maxlength": longest, **more},
        **words,
    )
