"""Custom fields of a task list: whoever asks there sees the public ones, its managers set them up."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated

from groupware.api import ANYBODY, UNSET, Id, Made, Noun, Page, Paging, Says, Unset
from groupware.errors import NotFound
from groupware.models import Level
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, session
from modules.tasks.access import agent_level
from modules.tasks.api.lists import list_of, managed
from modules.tasks.fields import managing
from modules.tasks.fields.managing import LONGEST_CHOICE, LONGEST_HELP, MOST_CHOICES, MOST_FIELDS
from modules.tasks.fields.managing import Wish as FieldWish
from modules.tasks.fields.models import CustomField as Row
from modules.tasks.fields.models import FieldKind
from modules.tasks.models import TaskList

nouns = Noun("fields", "Custom fields of task lists; who manages a list sets them up.")

Name = Annotated[str, Says("What it is called.", least=1, most=100, example="Device")]
Help = Annotated[str, Says("Stands below the field in forms.", most=LONGEST_HELP)]
Choice = Annotated[str, Says(most=LONGEST_CHOICE)]
Choices = Annotated[list[Choice], Says("What can be chosen.", most=MOST_CHOICES)]
Default = Annotated[
    str | bool | list[str] | None, Says("Stands in the form; a number, date or time as text.")
]
Condition = Annotated[str, Says("A choice of that field, or `yes` or `no`.", most=LONGEST_CHOICE)]
Public = Annotated[bool, Says("Customers are asked, and see it.")]
Place = Annotated[int, Says("Counted from 1.", least=1, most=MOST_FIELDS)]


@dataclass(frozen=True)
class CustomField:
    """A field of a list's tickets."""

    id: int
    slug: Annotated[str, Says("Its name in a ticket's `custom`; it never changes.")]
    name: str
    kind: FieldKind
    help: str
    choices: list[str]
    default: Default
    required: bool
    public: Public
    archived: bool
    depends_on: Annotated[int | None, Says("The field that decides whether this one is asked.")]
    depends_value: str
    position: int


@dataclass(frozen=True)
class NewCustomField:
    """What a field is made of."""

    name: Name
    kind: FieldKind = FieldKind.TEXT
    help: Help = ""
    choices: Choices | Unset = UNSET
    default: Default = None
    required: bool = False
    public: Public = True
    depends_on: Id | None = None
    depends_value: Condition = ""


@dataclass(frozen=True)
class CustomFieldChange:
    """What becomes of a field; what is not sent stays as it is."""

    name: Name | Unset = UNSET
    kind: FieldKind | Unset = UNSET
    help: Help | Unset = UNSET
    choices: Choices | Unset = UNSET
    default: Default | Unset = UNSET
    required: bool | Unset = UNSET
    public: Public | Unset = UNSET
    depends_on: Id | Unset | None = UNSET
    depends_value: Condition | Unset = UNSET
    archived: Annotated[
        bool | Unset, Says("An archived one is asked and shown no more; values stay.")
    ] = UNSET
    position: Place | Unset = UNSET


@nouns.get("/task-lists/<int:list_id>/fields")
@open_to(*ANYBODY)
def listed(list_id: int, query: Paging) -> Page[CustomField]:  # noqa: ARG001  # one page holds all
    """A list's fields, in their order."""
    return Page(_seen(list_of(list_id)))


@nouns.post("/task-lists/<int:list_id>/fields")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def create(list_id: int, body: NewCustomField) -> Made[CustomField]:
    """Add a field; it comes last."""
    task_list = managed(list_id)
    wish = FieldWish(
        name=body.name,
        kind=body.kind,
        help=body.help,
        choices=[] if isinstance(body.choices, Unset) else body.choices,
        default=body.default,
        required=body.required,
        public=body.public,
        depends_on_id=body.depends_on,
        depends_value=body.depends_value,
    )
    made = managing.add(session(), actor(), task_list, wish, now=now())
    return Made(_one(task_list, made.id), f"/api/v1/task-lists/{list_id}/fields/{made.id}")


@nouns.get("/task-lists/<int:list_id>/fields/<int:field_id>")
@open_to(*ANYBODY)
def show(list_id: int, field_id: int) -> CustomField:
    """A field."""
    return _one(list_of(list_id), field_id)


@nouns.patch("/task-lists/<int:list_id>/fields/<int:field_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(list_id: int, field_id: int, body: CustomFieldChange) -> CustomField:
    """Change a field, archive it, bring it back, or move it."""
    task_list = managed(list_id)
    row = managing.field_named(session(), task_list, field_id)
    sent = {
        "depends_on_id" if each.name == "depends_on" else each.name: value
        for each in fields(body)
        if not isinstance(value := getattr(body, each.name), Unset)
    }
    archived, position = sent.pop("archived", None), sent.pop("position", None)
    if sent:
        wish = replace(FieldWish.of(row), **sent)
        managing.edit(session(), actor(), row, task_list, wish, now=now())
    if archived is not None:
        act = managing.archive if archived else managing.restore
        act(session(), actor(), row, task_list, now=now())
    if position is not None:
        beside = [each for each in _rows(task_list) if each.archived == row.archived]
        by = position - 1 - beside.index(row)
        managing.shift(session(), actor(), row, task_list, by=by, now=now())
    session().flush()
    return _one(task_list, field_id)


def _seen(task_list: TaskList) -> list[CustomField]:
    """What the reader knows of: agents all of them, whoever asks the public ones in use."""
    agent = agent_level(session(), actor(), task_list) >= Level.READ
    rows = _rows(task_list)
    return [
        _shown(each, place)
        for place, each in enumerate(rows, 1)
        if agent or (each.public and not each.archived)
    ]


def _rows(task_list: TaskList) -> Sequence[Row]:
    return managing.all_of(session(), task_list)


def _one(task_list: TaskList, field_id: int) -> CustomField:
    found = next((each for each in _seen(task_list) if each.id == field_id), None)
    if found is None:
        raise NotFound
    return found


def _shown(row: Row, place: int) -> CustomField:
    value = row.default
    return CustomField(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.sort,
        help=row.help,
        choices=list(row.choices),
        default=value if value is None or isinstance(value, bool | list) else str(value),
        required=row.required,
        public=row.public,
        archived=row.archived,
        depends_on=row.depends_on_id,
        depends_value=row.depends_value,
        position=place,
    )
