"""What is said to fields is checked, kept, and told to whom it concerns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.errors import Forbidden, Invalid
from groupware.models import Address, Level, User
from groupware.people import folded
from modules.tasks.access import agent_level, owns
from modules.tasks.fields.kinds import in_words, keys, parsed
from modules.tasks.fields.models import CustomField, FieldKind, FieldValue
from modules.tasks.fields.reading import answered, fields_of, names_of, shown
from modules.tasks.history import changed
from modules.tasks.models import State, Task, TaskList

CHANGED = "field"
REQUIRED = "This is required."


def input_name(field: CustomField) -> str:
    """What a form calls the field; a refusal names it so."""
    return f"custom_{field.slug}"


def write(
    session: Session, actor: User, ticket: Task, values: Mapping[str, Any], *, now: datetime
) -> None:
    """Change some of a ticket's values, by slug; None clears one. Raises Invalid by `input_name`.

    Staff changes all, the ticket's customer those that customers see, until it is closed.
    """
    staff = agent_level(session, actor, ticket.task_list) >= Level.WRITE
    if not staff and not (owns(session, actor, ticket) and ticket.state != State.CLOSED):
        raise Forbidden
    every = fields_of(session, ticket.task_list_id)
    before = answered(every, ticket)
    given = _given(session, actor, every, values, staff=staff, kept=before)
    after = {**before, **given}
    asked = {field.id for field in shown(every, after)}
    # What is not asked any more has no value any more.
    after = {number: after[number] for number in after if number in asked}
    missing = {
        input_name(field): REQUIRED
        for field in every
        if field.required and field.id in given and field.id in asked and after[field.id] is None
    }
    if missing:
        raise Invalid(**missing)
    _set(session, ticket, every, after)
    _tell(session, actor, ticket, every, before, after, now=now)


def for_filing(
    session: Session,
    actor: User,
    task_list: TaskList,
    values: Mapping[str, Any],
    *,
    staff: bool,
) -> dict[str, Any]:
    """What a new ticket of this list keeps, of what its form says; defaults where it says nothing.

    Customers are asked what they see; what is required must be given by whoever is asked.
    """
    every = fields_of(session, task_list.id)
    given = _given(session, actor, every, values, staff=staff, kept={})
    # A form says "nothing" to what it asks; what it does not ask has its default.
    after = {field.id: given.get(field.id, field.default) for field in every}
    asked = shown(every, after)
    missing = {
        input_name(field): f"{field.name} is required."
        for field in asked
        if field.required and after[field.id] is None and (staff or field.public)
    }
    if missing:
        raise Invalid(**missing)
    return {str(field.id): after[field.id] for field in asked if after[field.id] is not None}


def defaults(session: Session, task_list_id: int) -> dict[str, Any]:
    """What a new ticket keeps that came without a form: by mail, or from a calendar."""
    every = fields_of(session, task_list_id)
    usual = {field.id: field.default for field in every if field.default is not None}
    return {str(field.id): usual[field.id] for field in shown(every, usual) if field.id in usual}


def carried(
    session: Session, custom: Mapping[str, Any], source: int, target: int
) -> dict[str, Any]:
    """What a ticket keeps that moves: values go to fields of the same name and kind.

    The others stay under their own fields, unseen until the ticket comes back.
    """
    there = {(field.name.casefold(), field.sort): field for field in fields_of(session, target)}
    kept = dict(custom)
    for field in fields_of(session, source):
        same = there.get((field.name.casefold(), field.sort))
        if same is not None and str(field.id) in kept:
            kept[str(same.id)] = kept.pop(str(field.id))
    return kept


def keep(session: Session, ticket: Task, custom: Mapping[str, Any]) -> None:
    """Keep these values, and the keys by which they are found; the ticket is in the database."""
    ticket.custom = dict(custom)
    session.flush()
    session.execute(delete(FieldValue).where(FieldValue.task_id == ticket.id))
    if not custom:
        return
    ids = [int(number) for number in custom]
    fields = session.scalars(select(CustomField).where(CustomField.id.in_(ids)))
    rows = [
        {"task_id": ticket.id, "field_id": field.id, "place": place, "word": word, "number": number}
        for field in fields
        for place, (word, number) in enumerate(keys(field, custom[str(field.id)]))
    ]
    if rows:
        session.execute(insert(FieldValue), rows)


def _given(
    session: Session,
    actor: User,
    every: Sequence[CustomField],
    values: Mapping[str, Any],
    *,
    staff: bool,
    kept: Mapping[int, Any],
) -> dict[int, Any]:
    """What was sent, as it is kept; a field that one may not set is answered like one not there."""
    by_slug = {field.slug: field for field in every if staff or field.public}
    problems: dict[str, str] = {}
    given: dict[int, Any] = {}
    for slug, raw in values.items():
        field = by_slug.get(slug)
        if field is None:
            raise Invalid(custom=f"There is no field “{slug[:64]}” here.")
        try:
            value = parsed(field, raw, kept=kept.get(field.id))
            if field.sort is FieldKind.PERSON and value is not None:
                value = _person(session, actor, value, kept=kept.get(field.id), staff=staff)
            given[field.id] = value
        except Invalid as refusal:
            problems[input_name(field)] = refusal.message
    if problems:
        raise Invalid(**problems)
    return given


def _person(session: Session, actor: User, said: int | str, *, kept: Any, staff: bool) -> int:
    """Somebody by id, address or whole name; customers can name colleagues and themselves only."""
    if said == kept:
        return int(said)
    people = select(User).where(User.active)
    if not (staff or access_of(session, actor).agent):
        own = User.id == actor.id
        people = people.where(
            own | (User.organisation == actor.organisation) if actor.organisation else own
        )
    if isinstance(said, int):
        people = people.where(User.id == said)
    elif "@" in said:
        addressed = select(Address.user_id).where(Address.folded == folded(said))
        people = people.where(User.id.in_(addressed))
    else:
        people = people.where(func.lower(User.name) == said.lower())
    found = session.scalars(people.limit(2)).all()
    if not found:
        raise Invalid("Nobody of this name or address can be chosen.")
    if len(found) > 1:
        raise Invalid("Several people are called so. Please enter the address.")
    return found[0].id


def _set(
    session: Session, ticket: Task, every: Sequence[CustomField], after: Mapping[int, Any]
) -> None:
    here = {str(field.id) for field in every}
    unseen = {key: value for key, value in (ticket.custom or {}).items() if key not in here}
    given = {str(number): value for number, value in after.items() if value is not None}
    custom = {**unseen, **given}
    if custom != (ticket.custom or {}):
        keep(session, ticket, custom)


def _tell(
    session: Session,
    actor: User,
    ticket: Task,
    every: Sequence[CustomField],
    before: Mapping[int, Any],
    after: Mapping[int, Any],
    *,
    now: datetime,
) -> None:
    """A line for what customers see, and another one for what is staff's alone."""
    different = [field for field in every if before.get(field.id) != after.get(field.id)]
    people = names_of(
        session,
        (
            value
            for field in different
            if field.sort is FieldKind.PERSON
            for value in (before.get(field.id), after.get(field.id))
            if value is not None
        ),
    )
    for public in (True, False):
        changes: dict[str, Any] = {
            f"custom:{field.name}": [
                in_words(field, values.get(field.id), people) or None for values in (before, after)
            ]
            for field in different
            if field.public == public
        }
        if changes:
            changed(session, actor, ticket, CHANGED, now=now, public=public, **changes)
