"""What a queue can be filtered by, and the lists that its reader works on: one statement."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, SmallInteger, false, literal, select, union_all
from sqlalchemy.orm import Session

from groupware.models import Location, User
from modules.tasks.canned.at_hand import usable_by
from modules.tasks.counts import Listed
from modules.tasks.macros.models import Macro
from modules.tasks.models import Category, TaskList
from modules.tasks.people import who_may_work_somewhere
from modules.tasks.queries import ANYBODY, lists_worked_by

MOST = 200


class Named(dict[int, str]):
    """Names by number, never changed once made: what is drawn of them is remembered by them."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


@dataclass(frozen=True)
class Choices:
    """Numbers and names, in the order in which they are shown."""

    lists: tuple[Listed, ...] = ()
    people: Named = field(default_factory=Named)
    categories: Named = field(default_factory=Named)
    locations: Named = field(default_factory=Named)
    macros: Named = field(default_factory=Named)


def choices(session: Session, user: User) -> Choices:
    """The lists that the person works on; staff, categories and locations to choose from."""
    found: dict[str, list[Any]] = {}
    for row in session.execute(_statement(), {"reader": user.id}):
        found.setdefault(row.kind, []).append(row)
    return Choices(
        tuple(
            Listed(row.id, row.name, row.hue, row.archived, row.change_number)
            for row in sorted(found.get("list", ()), key=lambda row: (row.position, row.name))
        ),
        *(
            Named(
                (row.id, row.name) for row in sorted(found.get(kind, ()), key=lambda row: row.name)
            )
            for kind in ("person", "category", "location", "macro")
        ),
    )


@cache
def _statement() -> CompoundSelect[Any]:
    lists = (
        TaskList.id,
        TaskList.name,
        TaskList.hue,
        TaskList.archived,
        TaskList.position,
        TaskList.change_number,
    )
    parts = [
        _part("list", lists_worked_by(ANYBODY), *lists),
        _part("person", who_may_work_somewhere().limit(MOST), User.id, User.name),
        _part("category", _there(Category), Category.id, Category.name),
        _part("location", _there(Location), Location.id, Location.name),
        _part("macro", usable_by(ANYBODY, Macro).limit(MOST), Macro.id, Macro.name),
    ]
    return union_all(*parts)


def _there(entity: type[Category] | type[Location]) -> Select[Any]:
    return select(entity).where(entity.archived.is_(False)).order_by(entity.name).limit(MOST)


def _part(kind: str, query: Select[Any], number: Any, name: Any, *more: Any) -> Select[Any]:
    nothing = (literal(0, SmallInteger), false(), literal(0), literal(0))
    hue, archived, position, change_number = more or nothing
    rows = query.with_only_columns(
        number.label("id"),
        name.label("name"),
        hue.label("hue"),
        archived.label("archived"),
        position.label("position"),
        change_number.label("change_number"),
    ).subquery()
    return select(literal(kind).label("kind"), *rows.c)
