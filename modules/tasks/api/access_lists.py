"""Access lists as the API shows and takes them: which group has which level."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from sqlalchemy import select

from groupware import acls
from groupware.api import Id, Says
from groupware.errors import Invalid
from groupware.models import Group, GroupKind, Level
from groupware.web.request import session


class LevelName(StrEnum):
    """What an access list grants."""

    READ = "read"
    CREATE = "create"
    WRITE = "write"
    DELETE = "delete"
    MANAGE = "manage"


@dataclass(frozen=True)
class Line:
    """A line of an access list."""

    group: int
    name: str
    kind: GroupKind
    user: Annotated[int | None, Says("Whose group of one it is.")]
    level: LevelName


@dataclass(frozen=True)
class NewLine:
    """A group and its level."""

    group: Id
    level: LevelName


@dataclass(frozen=True)
class Access:
    """An access list as it is."""

    lines: list[Line]


@dataclass(frozen=True)
class AccessChange:
    """An access list as it shall be: whoever is not named is on it no more."""

    lines: Annotated[list[NewLine], Says(most=acls.MOST_LINES)]


def shown(acl_id: int) -> Access:
    """An access list, groups before people."""
    return Access(
        [
            Line(
                each.group_id,
                each.name,
                each.kind,
                each.user_id,
                LevelName(each.level.name.lower()),
            )
            for each in acls.lines(session(), acl_id)
        ]
    )


def levels(acl_id: int, wanted: Sequence[NewLine]) -> dict[int, Level]:
    """What has to be put so that an access list holds exactly this."""
    chosen = {each.group: Level[each.level.name] for each in wanted}
    if len(chosen) < len(wanted):
        raise Invalid(lines="A group is named twice.")
    _must_exist(chosen.keys())
    gone = {line.group_id: Level.NONE for line in acls.lines(session(), acl_id)}
    return gone | chosen


def _must_exist(group_ids: Collection[int]) -> None:
    there = set(session().scalars(select(Group.id).where(Group.id.in_(group_ids))))
    if set(group_ids) - there:
        raise Invalid(lines="There is no such group.")
