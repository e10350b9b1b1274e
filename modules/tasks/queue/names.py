"""Names that are typed, and the numbers behind them: only of what the person may know."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Address, Location, User
from groupware.people import folded
from modules.tasks.models import Category
from modules.tasks.people import who_may_work_somewhere
from modules.tasks.queue.choices import MOST, Choices
from modules.tasks.queue.custom import FieldNames
from modules.tasks.queue.filters import BIGGEST_ID, Filters
from modules.tasks.queue.typed import parse, text_of

MOST_ALIKE = 20
"""People of one name that are all meant."""

CALLED = {
    "list": "task list",
    "assignee": "agent",
    "category": "category",
    "location": "location",
    "customer": "requester",
}


@dataclass(frozen=True)
class Names:
    """Looks up what was typed among what the person may choose from."""

    session: Session
    known: Choices

    def __call__(self, kind: str, name: str) -> tuple[int, ...]:
        """The numbers of what is called so; raises Invalid for `q`."""
        if kind == "customer":
            return self._customers(name)
        all_of_them = self._all(kind)
        wanted = name.casefold()
        found = [number for number, each in all_of_them.items() if each.casefold() == wanted]
        if found:
            return tuple(found)
        if name.isascii() and name.isdigit() and 0 < int(name[:20]) <= BIGGEST_ID:
            return (int(name),)
        alike = [n for n, each in all_of_them.items() if _begins(each.casefold(), wanted)]
        if len(alike) == 1:
            return tuple(alike)
        if not alike and len(all_of_them) >= MOST and (more := self._beyond(kind, name)):
            return more
        raise Invalid(q=_unknown(kind, name, [all_of_them[n] for n in alike], all_of_them))

    @property
    def custom(self) -> FieldNames:
        """The names of custom fields, of the lists that the person works on."""
        return FieldNames(self.session, [each.id for each in self.known.lists], self._customers)

    def read(self, typed: str) -> Filters:
        """The filters that were typed; raises Invalid for `q`."""
        return parse(typed, self, self.custom)

    def text_of(self, filters: Filters) -> str:
        """Filters as the person would type them."""
        return text_of(filters, self.name_of, self.custom)

    def name_of(self, kind: str, number: int) -> str | None:
        """What a number is called, where the person may choose it and the name means it alone."""
        if kind not in CALLED or kind == "customer":
            return None
        names = self._all(kind)
        name = names.get(number)
        alone = name and sum(each.casefold() == name.casefold() for each in names.values()) == 1
        return name if alone and not name.isdigit() else None  # type: ignore[union-attr]

    def _all(self, kind: str) -> Mapping[int, str]:
        return {
            "list": {each.id: each.name for each in self.known.lists},
            "assignee": self.known.people,
            "category": self.known.categories,
            "location": self.known.locations,
        }[kind]

    def _beyond(self, kind: str, name: str) -> tuple[int, ...]:
        """Among what was too much to choose from."""
        query: Any = {
            "assignee": who_may_work_somewhere()
            .with_only_columns(User.id)
            .where(_named(User, name)),
            "category": select(Category.id).where(_named(Category, name)),
            "location": select(Location.id).where(_named(Location, name)),
        }.get(kind)
        return () if query is None else tuple(self.session.scalars(query.limit(MOST_ALIKE)))

    def _customers(self, name: str) -> tuple[int, ...]:
        """Everybody of this name or address; whether they exist is not told, so nothing is refused."""
        if name.isascii() and name.isdigit() and 0 < int(name[:20]) <= BIGGEST_ID:
            return (int(name),)
        if "@" in name:
            query = select(Address.user_id).where(Address.folded == folded(name))
        else:
            plain = name.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            lowered = func.lower(User.name)
            query = select(User.id).where(
                or_(
                    User.name == name,
                    lowered == name.lower(),
                    lowered.like(f"{plain} %", escape="\\"),
                    lowered.like(f"% {plain}", escape="\\"),
                )
            )
        return tuple(self.session.scalars(query.limit(MOST_ALIKE))) or (BIGGEST_ID,)


def _named(entity: Any, name: str) -> Any:
    return or_(entity.name == name, func.lower(entity.name) == name.lower())


def _begins(name: str, wanted: str) -> bool:
    return name.startswith(wanted) or f" {wanted}" in name


def _unknown(kind: str, name: str, alike: list[str], known: Mapping[int, str]) -> str:
    if alike:
        return f"“{name}” could be " + " or ".join(sorted(set(alike))[:5]) + ". Say which."
    close = get_close_matches(name, known.values(), 1, cutoff=0.6)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    return f"There is no {CALLED[kind]} “{name}”.{hint}"
