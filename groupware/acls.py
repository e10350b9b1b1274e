"""Access lists: to read their lines, and to give, change and take levels.

Whether somebody may change one is asked by the use case of what it belongs to: a task list's, a
location's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from groupware.models import Acl, AclEntry, Group, GroupKind, Level, Membership, User

MOST_LINES = 200
"""So many lines of one access list are read at once."""


@dataclass(frozen=True)
class Line:
    """A line of an access list: who, by which group, has which level."""

    group_id: int
    name: str
    kind: GroupKind
    user_id: int | None
    level: Level


def lines(session: Session, acl_id: int) -> list[Line]:
    """The first lines of an access list, groups before people, by name."""
    query = _lines(acl_id).order_by(Group.user_id.is_not(None), Group.name, Group.id)
    return [_line(*row) for row in session.execute(query.limit(MOST_LINES))]


def lines_reaching(session: Session, user: User, acl_id: int) -> list[Line]:
    """The lines that name one of the person's groups, the highest level first."""
    groups = select(Membership.group_id).where(Membership.user_id == user.id)
    query = _lines(acl_id).where(AclEntry.group_id.in_(groups))
    rows = session.execute(query.order_by(AclEntry.level.desc(), Group.name).limit(MOST_LINES))
    return [_line(*row) for row in rows]


def levels_of(session: Session, acl_id: int, group_ids: Collection[int]) -> dict[int, Level]:
    """Which of these groups an access list names itself, and with which level."""
    rows = session.execute(
        select(AclEntry.group_id, AclEntry.level).where(
            AclEntry.acl_id == acl_id, AclEntry.group_id.in_(group_ids)
        )
    )
    return {group_id: Level(level) for group_id, level in rows}


def in_use(session: Session, acl_ids: Collection[int]) -> set[int]:
    """Those of these access lists that name somebody."""
    query = select(AclEntry.acl_id).where(AclEntry.acl_id.in_(acl_ids)).distinct()
    return set(session.scalars(query))


def put(session: Session, acl_id: int, levels: Mapping[int, Level]) -> dict[str, list[str | None]]:
    """Set the level of each of these groups, NONE takes it away; what changed, by group's name."""
    # One writer of an access list at a time, and none of a list that is just going.
    session.execute(select(Acl.id).where(Acl.id == acl_id).with_for_update())
    groups = {
        group.id: group for group in session.scalars(select(Group).where(Group.id.in_(levels)))
    }
    entries = {
        entry.group_id: entry
        for entry in session.scalars(
            select(AclEntry)
            .where(AclEntry.acl_id == acl_id, AclEntry.group_id.in_(levels))
            .execution_options(populate_existing=True)
        )
    }
    changes: dict[str, list[str | None]] = {}
    for group_id, level in levels.items():
        entry, group = entries.get(group_id), groups.get(group_id)
        before = Level(entry.level) if entry else Level.NONE
        if group is None or before == level:
            continue
        if level == Level.NONE:
            session.delete(entry)
        elif entry:
            entry.level = level
        else:
            session.add(AclEntry(acl_id=acl_id, group_id=group_id, level=level))
        # Two people may have one name.
        name = group.name if group.name not in changes else f"{group.name} ({group_id})"
        changes[name] = [_word(before), _word(level)]
    session.flush()
    for held in session.identity_map.values():
        if isinstance(held, Acl) and held.id == acl_id:
            session.expire(held, ["entries"])
    return changes


def _lines(acl_id: int) -> Select[int, str, GroupKind, int | None, int]:
    return (
        select(Group.id, Group.name, Group.kind, Group.user_id, AclEntry.level)
        .join(AclEntry, AclEntry.group_id == Group.id)
        .where(AclEntry.acl_id == acl_id)
    )


def _line(group_id: int, name: str, kind: str, user_id: int | None, level: int) -> Line:
    return Line(group_id, name, GroupKind(kind), user_id, Level(level))


def _word(level: Level) -> str | None:
    return level.name.lower() if level else None
