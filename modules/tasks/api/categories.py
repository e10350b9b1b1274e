"""Categories: words that staff put on tickets, set up by managers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from groupware.api import UNSET, Id, Made, Noun, Page, Paging, Ref, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    session,
)
from modules.tasks import categories
from modules.tasks.models import Category as Row
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by

nouns = Noun("categories", "Words that staff put on tickets; managers make and change them.")

Name = Annotated[str, Says("A name that no other has.", least=1, most=100, example="Login")]
Hue = Annotated[int, Says("One of 12 colours.", least=1, most=12)]
Lists = Annotated[list[Id], Says("The task lists that it is for; empty: all.", most=100)]


@dataclass(frozen=True)
class Category:
    """A category; `task_lists` are those of its lists that the reader works on."""

    id: int
    name: str
    hue: int
    archived: bool
    task_lists: list[Ref]


@dataclass(frozen=True)
class NewCategory:
    """What a category is made of."""

    name: Name
    hue: Hue = 1
    task_lists: Lists | Unset = UNSET


@dataclass(frozen=True)
class CategoryChange:
    """What becomes of a category; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    hue: Hue | Unset = UNSET
    task_lists: Lists | Unset = UNSET
    archived: Annotated[bool | Unset, Says("An archived one is no longer offered.")] = UNSET


@nouns.get("/categories")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: Paging) -> Page[Category]:
    """Categories by name."""
    return page_of(session(), _all(), query, Row.name, Row.id, show=_shown)


@nouns.post("/categories")
@open_to(MANAGE_SUPPORT)
def create(body: NewCategory) -> Made[Category]:
    """Make a category."""
    made = categories.create(
        session(), actor(), name=body.name, hue=body.hue, task_lists=_lists(body.task_lists, ()),
        now=now(),
    )  # fmt: skip
    return Made(_shown([made])[0], f"/api/v1/categories/{made.id}")


@nouns.get("/categories/<int:category_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(category_id: int) -> Category:
    """A category."""
    return _shown([one(_all().where(Row.id == category_id))])[0]


@nouns.patch("/categories/<int:category_id>")
@open_to(MANAGE_SUPPORT)
def edit(category_id: int, body: CategoryChange) -> Category:
    """Change a category, archive it or bring it back."""
    row = one(_all().where(Row.id == category_id))
    categories.edit(
        session(),
        actor(),
        row,
        name=row.name if isinstance(body.name, Unset) else body.name,
        hue=row.hue if isinstance(body.hue, Unset) else body.hue,
        task_lists=_lists(body.task_lists, row.task_lists),
        now=now(),
    )
    if not isinstance(body.archived, Unset):
        act = categories.archive if body.archived else categories.restore
        act(session(), actor(), row, now=now())
    return _shown([row])[0]


def _all() -> Select[Row]:
    """Those of all lists, and of lists that one works on."""
    mine = lists_worked_by(actor()).with_only_columns(TaskList.id)
    here = Row.task_lists.any(TaskList.id.in_(mine))
    query = select(Row).where(~Row.task_lists.any() | here)
    return query.options(selectinload(Row.task_lists))


def _lists(ids: list[int] | Unset, before: Sequence[TaskList]) -> Sequence[TaskList]:
    if isinstance(ids, Unset):
        return before
    found = session().scalars(lists_worked_by(actor()).where(TaskList.id.in_(ids))).all()
    if len(found) < len(set(ids)):
        raise Invalid(task_lists="There is no such list.")
    return found


def _shown(rows: Sequence[Row]) -> list[Category]:
    mine = set(session().scalars(lists_worked_by(actor()).with_only_columns(TaskList.id)))
    return [
        Category(
            each.id,
            each.name,
            each.hue,
            each.archived,
            [Ref(there.id, there.name) for there in each.task_lists if there.id in mine],
        )
        for each in rows
    ]
