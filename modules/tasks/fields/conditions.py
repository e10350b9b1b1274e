"""Tickets by what they say to a field, found by the index of its keys."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, select

from groupware.errors import Invalid
from modules.tasks.fields.kinds import LONGEST_WORD, folded, keys, parsed
from modules.tasks.fields.models import CustomField, FieldKind, FieldValue
from modules.tasks.models import Task


def condition(field: CustomField, value: Any, operator: str = "=") -> ColumnElement[bool]:
    """The condition on tasks that they say this to the field, to be put to visible ones.

    Operators: `=`; `<`, `<=`, `>`, `>=` for what has an order; `~` holds the text; `any` has a value,
    `none` has not. Raises Invalid where the kind has no such value or operator. A person is given
    by their id.
    """
    own = Task.task_list_id == field.task_list_id
    if operator == "none":
        return and_(own, not_(Task.id.in_(_with(field))))
    if operator == "any":
        return and_(own, Task.id.in_(_with(field)))
    # Several choices at once: the ticket has all of them.
    each_of_them = matching(field, value, operator)
    return and_(own, *(Task.id.in_(_with(field, each)) for each in each_of_them))


def matching(field: CustomField, value: Any, operator: str = "=") -> list[ColumnElement[bool]]:
    """The same as conditions on the field's keys, each of which some key of a ticket fulfils."""
    if operator == "~":
        if field.sort.counts or field.sort in (FieldKind.YES_NO, FieldKind.PERSON):
            raise Invalid("This field is not searched for a part of a text.")
        word = folded(str(value))[:LONGEST_WORD]
        return [FieldValue.word.contains(word, autoescape=True)]
    found = [
        FieldValue.word == word if number is None else _compared(number, operator)
        for word, number in keys(field, _meant(field, value))
    ]
    if not found or (operator != "=" and not field.sort.counts):
        raise Invalid("This field has no such value.") if found else Invalid("A value is missing.")
    return found


def _meant(field: CustomField, value: Any) -> Any:
    if field.sort.chooses:
        # Any case, and what is no longer offered, may be looked for.
        return [str(each) for each in value] if isinstance(value, list) else str(value)
    return parsed(field, value)


def _compared(number: float, operator: str) -> ColumnElement[bool]:
    column = FieldValue.number
    return {
        "=": column == number,
        "<": column < number,
        "<=": column <= number,
        ">": column > number,
        ">=": column >= number,
    }.get(operator, false())


def _with(field: CustomField, *conditions: ColumnElement[bool]) -> Any:
    return select(FieldValue.task_id).where(FieldValue.field_id == field.id, *conditions)
