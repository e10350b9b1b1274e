"""Things that people share by access lists: saved views, canned replies, macros.

Such a thing has an `acl_id`. READ in its access list lets one use it, MANAGE change it, share it
and delete it. What only its maker's personal group stands in is private.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from groupware import acls
from groupware.access import granted, level_in
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Acl, AclEntry, Group, GroupKind, Level, User
from groupware.people import personal_group

USE, CHANGE = Level.READ, Level.MANAGE
LEVELS = (USE, CHANGE)


class Shared(Protocol):
    """A thing with an access list of its own."""

    acl_id: int


def private(session: Session, owner: User) -> Acl:
    """A new access list that names its owner alone."""
    acl = Acl()
    acl.entries.append(AclEntry(group=personal_group(session, owner), level=CHANGE))
    session.add(acl)
    session.flush()
    return acl


def shared_with(user: User, acl_id: Any, level: Level = USE) -> ColumnElement[bool]:
    """The condition on a thing's `acl_id` column that this person may use it, or change it."""
    condition: ColumnElement[bool] = acl_id.in_(granted(user, level))
    return condition


def require(session: Session, actor: User, thing: Shared, level: Level) -> None:
    """Refuse whoever has less than this level; what one may not use at all is not there."""
    has = level_in(session, actor, thing.acl_id)
    if has < USE:
        raise NotFound
    if has < level:
        raise Forbidden


def share(
    session: Session, actor: User, thing: Shared, levels: Mapping[int, Level]
) -> dict[str, list[str | None]]:
    """Give these groups these levels, NONE takes one off; what changed, for the journal.

    At least one person must be able to change it.
    """
    require(session, actor, thing, CHANGE)
    if not set(levels.values()) <= {Level.NONE, *LEVELS}:
        raise Invalid(level="Something shared can be used or changed, and nothing else.")
    changes = acls.put(session, thing.acl_id, levels)
    kept = select(func.count()).where(AclEntry.acl_id == thing.acl_id, AclEntry.level >= CHANGE)
    if not session.scalar(kept):
        raise Invalid("At least one person must be able to change it.")
    return changes


def is_private(lines: list[acls.Line]) -> bool:
    """True where these lines of an access list name one person and nobody else."""
    return len(lines) == 1 and lines[0].kind == GroupKind.PERSONAL


def private_among(session: Session, acl_ids: list[int]) -> set[int]:
    """Those of these access lists that name one person and nobody else: one statement for a page."""
    query = (
        select(AclEntry.acl_id)
        .join(Group, Group.id == AclEntry.group_id)
        .where(AclEntry.acl_id.in_(acl_ids))
        .group_by(AclEntry.acl_id)
        .having(func.count() == 1, func.min(Group.kind) == GroupKind.PERSONAL)
    )
    return set(session.scalars(query))
