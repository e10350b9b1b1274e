"""A list's fields, set up by whoever manages the list."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from groupware.people import changed_values
from groupware.text import named, one_line
from modules.tasks import faces
from modules.tasks.access import require
from modules.tasks.fields.kinds import parsed
from modules.tasks.fields.models import CustomField, FieldKind, FieldValue
from modules.tasks.lists import reordered
from modules.tasks.models import TaskList

MOST_FIELDS = 60
MOST_CHOICES = 200
LONGEST_CHOICE = 100
LONGEST_HELP = 500
ENTITY = "custom_field"


@dataclass(frozen=True)
class Wish:
    """What a field is to be."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    help: str = ""
    choices: Sequence[str] = field(default_factory=list)
    default: Any = None  # as typed
    required: bool = False
    public: bool = True
    depends_on_id: int | None = None
    depends_value: str = ""

    @classmethod
    def of(cls, made: CustomField) -> "Wish":
        return cls(
            **{each.name: getattr(made, each.name) for each in fields(cls)} | {"kind": made.sort}
        )


def add(
    session: Session, actor: User, task_list: TaskList, wish: Wish, *, now: datetime
) -> CustomField:
    """A new field at the end of a list's."""
    require(session, actor, Level.MANAGE, task_list)
    there = all_of(session, task_list)
    if len(there) >= MOST_FIELDS:
        raise Invalid(name=f"A list has {MOST_FIELDS} fields at most.")
    made = CustomField(task_list_id=task_list.id, position=len(there) + 1)
    _fill(made, wish, there)
    made.slug = _slug(made.name, {each.slug for each in there})
    session.add(made)
    session.flush()
    _write(session, "created", made, task_list, actor, now)
    return made


def edit(
    session: Session,
    actor: User,
    made: CustomField,
    task_list: TaskList,
    wish: Wish,
    *,
    now: datetime,
) -> None:
    """Change a field; what tickets say to it stays, so a field in use keeps its kind."""
    require(session, actor, Level.MANAGE, task_list)
    if wish.kind != made.kind and in_use(session, made):
        raise Invalid(
            kind="Tickets have values in this field, which another kind could not keep. "
            "Archive it and add a new one."
        )
    there = all_of(session, task_list)
    before = asdict(Wish.of(made))
    _fill(made, wish, there)
    for each in there:
        if each.depends_on_id != made.id:
            continue
        if each.public and not made.public:
            raise Invalid(public=f"Customers are asked “{each.name}”, which depends on this.")
        if not made.sort.decides:
            raise Invalid(kind=f"“{each.name}” depends on what is chosen here.")
    if changes := changed_values(before, asdict(Wish.of(made))):
        _write(session, "edited", made, task_list, actor, now, **changes)


def archive(
    session: Session, actor: User, made: CustomField, task_list: TaskList, *, now: datetime
) -> None:
    """Ask and show a field no more; what tickets say to it stays, and comes back with it."""
    require(session, actor, Level.MANAGE, task_list)
    for each in all_of(session, task_list):
        if each.depends_on_id == made.id and not each.archived:
            raise Invalid(f"“{each.name}” depends on it: change or archive that first.")
    if not made.archived:
        made.archived = True
        _write(session, "archived", made, task_list, actor, now)


def restore(
    session: Session, actor: User, made: CustomField, task_list: TaskList, *, now: datetime
) -> None:
    """Undo `archive`."""
    require(session, actor, Level.MANAGE, task_list)
    if made.archived:
        made.archived = False
        _write(session, "restored", made, task_list, actor, now)


def shift(
    session: Session, actor: User, made: CustomField, task_list: TaskList, *, by: int, now: datetime
) -> None:
    """Move a field so many places down, or up."""
    require(session, actor, Level.MANAGE, task_list)
    beside = [each for each in all_of(session, task_list) if each.archived == made.archived]
    if reordered(beside, made, by):
        _write(session, "moved", made, task_list, actor, now)


def all_of(session: Session, task_list: TaskList) -> list[CustomField]:
    """Every field of a list, archived ones included, in their order."""
    query = select(CustomField).where(CustomField.task_list_id == task_list.id)
    return list(session.scalars(query.order_by(CustomField.position, CustomField.id)))


def field_named(session: Session, task_list: TaskList, field_id: int) -> CustomField:
    """The field of this list with this id; NotFound where there is none."""
    query = select(CustomField).where(CustomField.task_list_id == task_list.id)
    found = session.scalar(query.where(CustomField.id == field_id))
    if found is None:
        raise NotFound
    return found


def in_use(session: Session, made: CustomField) -> bool:
    """True where a ticket has a value in this field, seen or not."""
    query = select(FieldValue.task_id).where(FieldValue.field_id == made.id)
    return session.scalar(query.limit(1)) is not None


def may_decide(made: CustomField | None, there: Sequence[CustomField]) -> list[CustomField]:
    """The fields on which this one, or a new one, may depend: no circles."""
    return [
        each
        for each in there
        if each.sort.decides and not each.archived and not (made and _follows(each, made, there))
    ]


def _fill(made: CustomField, wish: Wish, there: Sequence[CustomField]) -> None:
    name = named(wish.name, most=100)
    taken = {each.name.casefold() for each in there if each is not made and not each.archived}
    if name.casefold() in taken:
        raise Invalid(name="There is a field of this name already.")
    help_text = one_line(wish.help)
    if len(help_text) > LONGEST_HELP:
        raise Invalid(help=f"This is longer than {LONGEST_HELP} characters.")
    made.name, made.kind, made.help = name, wish.kind, help_text
    made.required, made.public = wish.required, wish.public
    made.choices = _choices(wish)
    made.depends_on_id, made.depends_value = _condition(made, wish, there)
    made.default = None
    if wish.kind is not FieldKind.PERSON:
        try:
            made.default = parsed(made, wish.default)
        except Invalid as refusal:
            raise Invalid(default=refusal.message) from None


def _choices(wish: Wish) -> list[str]:
    if not wish.kind.chooses:
        return []
    choices = list(dict.fromkeys(text for each in wish.choices if (text := one_line(each))))
    if not choices:
        raise Invalid(choices="Please enter what can be chosen, a line each.")
    if len(choices) > MOST_CHOICES:
        raise Invalid(choices=f"These are more than {MOST_CHOICES}.")
    if any(len(each) > LONGEST_CHOICE for each in choices):
        raise Invalid(choices=f"A choice is longer than {LONGEST_CHOICE} characters.")
    return choices


def _condition(
    made: CustomField, wish: Wish, there: Sequence[CustomField]
) -> tuple[int | None, str]:
    if wish.depends_on_id is None:
        return None, ""
    other = {each.id: each for each in may_decide(made, there)}.get(wish.depends_on_id)
    if other is None:
        raise Invalid(depends_on="It cannot depend on this field.")
    if made.public and not other.public:
        raise Invalid(depends_on="What customers are asked cannot depend on what only staff sees.")
    if wish.depends_value not in values_of(other):
        raise Invalid(depends_value=f"“{other.name}” has no such value.")
    return other.id, wish.depends_value


def values_of(made: CustomField) -> list[str]:
    """What another field may wait for in this one."""
    return ["yes", "no"] if made.sort is FieldKind.YES_NO else list(made.choices)


def _follows(each: CustomField, made: CustomField, there: Sequence[CustomField]) -> bool:
    """True where `each` is `made`, or depends on it by however many steps."""
    by_id = {one.id: one for one in there}
    seen: set[int] = set()
    following: CustomField | None = each
    while following is not None and following.id not in seen:
        if following is made:
            return True
        seen.add(following.id)
        following = by_id.get(following.depends_on_id or 0)
    return False


def _slug(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50] or "field"
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}_{number}", number + 1
    return slug


def _write(
    session: Session,
    act: str,
    made: CustomField,
    task_list: TaskList,
    actor: User,
    now: datetime,
    **changes: Any,
) -> None:
    session.flush()
    if act in ("edited", "archived", "restored"):
        faces.list_changed(session, task_list.id)
    of = f"{made.name} ({task_list.name})"
    journal.record(session, act, ENTITY, made.id, actor=actor, at=now, of=of, **changes)
