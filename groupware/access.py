"""Who may do what: the one policy that pages, API, calendar, mail and commands ask.

A module permission opens the door of a module, an access list opens the list; both come from a
person's groups. See docs/permissions.md for the decision table.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import BindParameter, ScalarSelect, Select, bindparam, event, func, select
from sqlalchemy.orm import Session

from groupware.errors import Forbidden
from groupware.models import (
    Acl,
    AclEntry,
    Grant,
    Group,
    Level,
    Location,
    Membership,
    Permission,
    User,
)

_KEPT, _LEVELS = "access", "levels"

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """A person's rights as they are in this transaction."""

    groups: frozenset[int]
    permissions: frozenset[Permission]

    @property
    def customer(self) -> bool:
        return Permission.CREATE_TICKETS in self.permissions

    @property
    def agent(self) -> bool:
        """May work on tickets: those of the lists that name them, or, a manager, of all."""
        return Permission.MANAGE_TICKETS in self.permissions or self.manager

    @property
    def manager(self) -> bool:
        return Permission.MANAGE_SUPPORT in self.permissions

    @property
    def administrator(self) -> bool:
        return Permission.ADMINISTER in self.permissions


NOTHING = Access(frozenset(), frozenset())


def access_of(session: Session, user: User | None) -> Access:
    """Groups and module permissions of a person; an inactive one, or nobody, has nothing."""
    if user is None or not user.active:
        return NOTHING
    if user.id not in session.info.get(_KEPT, {}):
        rows = session.execute(_RIGHTS_OF, {"user": user.id}).all()
        # To ask may have flushed, and so made all forgotten that was known before.
        learn(session, user, [(group, permission) for group, permission in rows])
    found: Access = session.info[_KEPT][user.id]
    return found


RIGHTS = (Membership.group_id, Grant.permission)
"""What `learn` takes, a row for each right."""

_RIGHTS_OF = (
    select(*RIGHTS)
    .select_from(Membership)
    .outerjoin(Grant, Grant.group_id == Membership.group_id)
    .where(Membership.user_id == bindparam("user"))
)


def learn(session: Session, user: User, rows: Iterable[tuple[int | None, str | None]]) -> None:
    """Take down the rights that came along with a person just now."""
    found = list(rows)
    session.info.setdefault(_KEPT, {})[user.id] = Access(
        frozenset(group for group, _ in found if group is not None),
        frozenset(Permission(permission) for _, permission in found if permission),
    )


def may(session: Session, user: User | None, *permissions: Permission) -> bool:
    """True where the person has one of these module permissions."""
    return not access_of(session, user).permissions.isdisjoint(permissions)


def need(session: Session, user: User | None, *permissions: Permission) -> None:
    """Refuse whoever has none of these module permissions."""
    if not may(session, user, *permissions):
        raise Forbidden


def level_in(session: Session, user: User | None, acl_id: int) -> Level:
    """The highest level that an access list gives to one of the person's groups."""
    if user is None:
        return Level.NONE
    kept: dict[tuple[int, int], Level] = session.info.setdefault(_LEVELS, {})
    if (user.id, acl_id) not in kept:
        groups = access_of(session, user).groups
        kept[user.id, acl_id] = levels_in(session, groups, [acl_id]).get(acl_id, Level.NONE)
    return kept[user.id, acl_id]


def level_column(
    groups: Collection[int] | BindParameter[Any], acl_id: Any
) -> ScalarSelect[int | None]:
    """The same as a column beside what has the access list; for `learn_level`."""
    return (
        select(func.max(AclEntry.level))
        .where(AclEntry.acl_id == acl_id, AclEntry.group_id.in_(groups))
        .scalar_subquery()
    )


def learn_level(session: Session, user: User, acl_id: int, level: int | None) -> None:
    """Take down the level that came along with what has this access list."""
    session.info.setdefault(_LEVELS, {})[user.id, acl_id] = Level(level or 0)


def levels_in(
    session: Session, groups: Collection[int], acl_ids: Collection[int]
) -> dict[int, Level]:
    """The highest level that each of these access lists gives to one of these groups."""
    rows = session.execute(
        select(AclEntry.acl_id, func.max(AclEntry.level))
        .where(AclEntry.acl_id.in_(acl_ids), AclEntry.group_id.in_(groups))
        .group_by(AclEntry.acl_id)
    )
    return {acl_id: Level(level) for acl_id, level in rows}


@dataclass(frozen=True)
class _Person:
    """Somebody, as far as a condition names them."""

    id: Any


def once_a_person(say: Callable[Concatenate[User, P], T]) -> Callable[Concatenate[User, P], T]:
    """Build a condition that depends on the person's id alone once for each person.

    A page says these dozens of times. Their words are kept, never what they find.
    """
    kept = cast(Callable[..., T], lru_cache(1024)(say))

    def said(user: User, *args: P.args, **kwargs: P.kwargs) -> T:
        return kept(_Person(user.id), *args, **kwargs)

    return cast(Callable[Concatenate[User, P], T], wraps(say)(said))


@once_a_person
def groups_of(user: User) -> Select[int]:
    """The ids of the person's groups, to be used within a condition."""
    return (
        select(Membership.group_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.user_id == user.id, User.active)
    )


@once_a_person
def with_permission(user: User, *permissions: Permission) -> Select[int]:
    """A row where the person has one of these module permissions, none where not."""
    return (
        select(Grant.group_id)
        .where(Grant.group_id.in_(groups_of(user)), Grant.permission.in_(permissions))
        .limit(1)
    )


@once_a_person
def granted(user: User, level: Level) -> Select[int]:
    """The ids of the access lists that give the person at least this level."""
    return select(AclEntry.acl_id).where(
        AclEntry.group_id.in_(groups_of(user)), AclEntry.level >= level
    )


def forget(session: Session) -> None:
    """Read rights anew: somebody else may have changed them since they were read here."""
    session.info.pop(_KEPT, None)
    session.info.pop(_LEVELS, None)


def locations_of(user: User) -> Select[Location]:
    """Locations for which the person may file a request."""
    return (
        select(Location)
        .where(Location.archived.is_(False), Location.acl_id.in_(granted(user, Level.READ)))
        .order_by(Location.name)
    )


@event.listens_for(Session, "after_flush")
def _forget(session: Session, _context: object) -> None:
    # Rights are remembered for a transaction, unless it changes them.
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(
        isinstance(item, Acl | AclEntry | Grant | Group | Membership | User) for item in changed
    ):
        forget(session)


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, transaction: Any) -> None:
    # A savepoint's end too: what was read within may have been undone with it.
    if transaction.parent is None or transaction.nested:
        forget(session)
