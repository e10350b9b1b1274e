"""A list's fields, and what a ticket says to them, by face."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, event, select
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.fields.kinds import in_words, is_kept
from modules.tasks.fields.models import CustomField, FieldKind
from modules.tasks.models import Task, TaskList

_KEPT = "custom fields"
_ASKED = (
    select(CustomField)
    .where(
        CustomField.task_list_id.in_(bindparam("lists", expanding=True)),
        CustomField.archived.is_(False),
    )
    .order_by(CustomField.position, CustomField.id)
)
Values = Mapping[int, Any]
"""Kept values by the field's id."""


@dataclass(frozen=True)
class Cell:
    """A field and what a ticket says to it, in words."""

    field: CustomField
    value: Any
    text: str


def fields_of(session: Session, task_list_id: int, *, public: bool = False) -> list[CustomField]:
    """A list's fields in their order, or those that customers see; asked once a transaction."""
    fields = fields_of_lists(session, [task_list_id]).get(task_list_id, [])
    return [field for field in fields if field.public or not public]


def fields_of_lists(
    session: Session, task_list_ids: Collection[int]
) -> dict[int, list[CustomField]]:
    """The fields of each of these lists, in their order: one statement for those not known yet."""
    kept: dict[int, list[CustomField]] = session.info.setdefault(_KEPT, {})
    if missing := set(task_list_ids) - kept.keys():
        kept.update({number: [] for number in missing})
        for field in session.scalars(_ASKED, {"lists": list(missing)}):
            kept[field.task_list_id].append(field)
    return {number: kept[number] for number in task_list_ids}


def shown(fields: Iterable[CustomField], values: Values) -> list[CustomField]:
    """Those fields that are asked where these are the values: a condition holds, or there is none."""
    by_id = {field.id: field for field in fields}
    return [field for field in by_id.values() if _holds(field, by_id, values)]


def answered(fields: Sequence[CustomField], ticket: Task) -> dict[int, Any]:
    """What a ticket says to these fields, by id; what is not asked, or of another kind, is left out."""
    found = {
        field.id: value
        for field in fields
        if (value := (ticket.custom or {}).get(str(field.id))) is not None and is_kept(field, value)
    }
    return {field.id: found[field.id] for field in shown(fields, found) if field.id in found}


def read(session: Session, ticket: Task, *, public: bool) -> dict[str, Any]:
    """A ticket's values by slug, None where it has none; `public` is the customers' face."""
    every = fields_of(session, ticket.task_list_id)
    values = answered(every, ticket)
    return {field.slug: values.get(field.id) for field in every if field.public or not public}


def cells(session: Session, ticket: Task, *, public: bool = False) -> list[Cell]:
    """A ticket's values in words, in the order of its list's fields; without those not given."""
    return cells_of(session, [ticket], public=public).get(ticket.id, [])


def cells_of(
    session: Session, tickets: Sequence[Task], *, public: bool = False
) -> dict[int, list[Cell]]:
    """The values of each of these tickets in words, by its number: two statements for all."""
    by_list = fields_of_lists(session, {ticket.task_list_id for ticket in tickets})
    values = {ticket.id: answered(by_list[ticket.task_list_id], ticket) for ticket in tickets}
    every = {field.id: field for fields in by_list.values() for field in fields}
    people = names_of(
        session,
        (
            value
            for given in values.values()
            for number, value in given.items()
            if every[number].sort is FieldKind.PERSON
        ),
    )
    return {
        number: [
            Cell(every[field], value, in_words(every[field], value, people))
            for field, value in given.items()
            if every[field].public or not public
        ]
        for number, given in values.items()
    }


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """The names of these people; no statement where there are none."""
    if not (wanted := set(ids)):
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def in_lists(session: Session, task_lists: Collection[TaskList]) -> list[CustomField]:
    """The fields of these lists, list after list."""
    found = fields_of_lists(session, [each.id for each in task_lists])
    return [field for each in task_lists for field in found[each.id]]


def forget(session: Session) -> None:
    """Read fields anew."""
    session.info.pop(_KEPT, None)


def _holds(
    field: CustomField, by_id: Mapping[int, CustomField], values: Values, deep: int = 0
) -> bool:
    if field.depends_on_id is None:
        return True
    other = by_id.get(field.depends_on_id)
    if other is None or deep > len(by_id):
        # What it depends on is not asked any more: then nothing is.
        return False
    value = values.get(other.id)
    said = value if isinstance(value, list) else [_as_condition(value)]
    return field.depends_value in said and _holds(other, by_id, values, deep + 1)


def _as_condition(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


@event.listens_for(Session, "after_flush")
def _forget(session: Session, _context: object) -> None:
    if any(
        isinstance(each, CustomField) for each in (*session.new, *session.dirty, *session.deleted)
    ):
        forget(session)


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, transaction: Any) -> None:
    if transaction.parent is None or transaction.nested:
        forget(session)
