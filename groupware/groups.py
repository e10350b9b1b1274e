"""Groups of people, and the module permissions that they give."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.errors import Invalid
from groupware.models import Grant, Group, GroupKind, Membership, Permission, User
from groupware.people import administering, still_administering, void_credentials
from groupware.text import named


def create(session: Session, actor: User, *, name: str, now: datetime) -> Group:
    """A new group, without members and permissions."""
    administering(session, actor)
    group = Group(name=_free_name(session, name), kind=GroupKind.GROUP)
    session.add(group)
    session.flush()
    _write(session, "created", group, actor, now)
    return group


def rename(session: Session, actor: User, group: Group, *, name: str, now: datetime) -> None:
    """Call a group something else; what it gives stays."""
    administering(session, actor)
    _check_kind(group)
    before = group.name
    name = _free_name(session, name, group)
    if name != before:
        group.name = name
        _write(session, "renamed", group, actor, now, name=[before, name])


def add_member(session: Session, actor: User, group: Group, user: User, *, now: datetime) -> None:
    """Let somebody belong to a group."""
    administering(session, actor)
    _check_kind(group)
    if session.get(Membership, (user.id, group.id)) is None:
        session.add(Membership(user_id=user.id, group_id=group.id))
        session.flush()
        _write(session, "member_added", group, actor, now, member=[None, user.name])


def remove_member(
    session: Session, actor: User, group: Group, user: User, *, now: datetime
) -> None:
    """End somebody's membership; where the group gave permissions, they have to sign in again."""
    administering(session, actor)
    _check_kind(group)
    membership = session.get(Membership, (user.id, group.id))
    if membership is None:
        return
    session.delete(membership)
    still_administering(session, actor)
    if permissions_of(session, group) and user is not actor:
        void_credentials(session, [user.id])
    _write(session, "member_removed", group, actor, now, member=[user.name, None])


def permissions_of(session: Session, group: Group) -> set[Permission]:
    """The module permissions that a group gives."""
    rows = session.scalars(select(Grant.permission).where(Grant.group_id == group.id))
    return {Permission(permission) for permission in rows}


def given_by(session: Session, group_ids: Collection[int]) -> dict[int, set[Permission]]:
    """What each of these groups gives."""
    found: dict[int, set[Permission]] = {}
    rows = session.execute(
        select(Grant.group_id, Grant.permission).where(Grant.group_id.in_(group_ids))
    )
    for group_id, permission in rows:
        found.setdefault(group_id, set()).add(Permission(permission))
    return found


def set_permissions(
    session: Session,
    actor: User,
    group: Group,
    permissions: Collection[Permission],
    *,
    now: datetime,
) -> None:
    """Give a group exactly these; whoever loses one has to sign in again, but for the actor."""
    administering(session, actor)
    if group.kind == GroupKind.EVERYONE and Permission.ADMINISTER in permissions:
        raise Invalid(permissions="Not everybody can administer the desk.")
    before = permissions_of(session, group)
    after = set(permissions)
    if before == after:
        return
    for permission in before - after:
        session.delete(session.get(Grant, (group.id, permission)))
    session.add_all(Grant(group_id=group.id, permission=each) for each in after - before)
    still_administering(session, actor)
    if before - after:
        _void_members(session, group, actor)
    changes = [[each.value for each in Permission if each in some] for some in (before, after)]
    _write(session, "permissions", group, actor, now, permissions=changes)


def delete(session: Session, actor: User, group: Group, *, now: datetime) -> None:
    """Remove a group, with its lines in access lists and what it gave; its members stay."""
    administering(session, actor)
    _check_kind(group)
    given = permissions_of(session, group)
    if given:
        _void_members(session, group, actor)
    members = session.scalar(select(func.count()).where(Membership.group_id == group.id))
    _write(
        session, "deleted", group, actor, now,
        permissions=[sorted(given), []], members=[members, 0],
    )  # fmt: skip
    session.delete(group)  # the database removes what names it
    still_administering(session, actor)
    session.expire_all()


def _void_members(session: Session, group: Group, actor: User) -> None:
    void_credentials(
        session,
        select(Membership.user_id).where(
            Membership.group_id == group.id, Membership.user_id != actor.id
        ),
    )


def _check_kind(group: Group) -> None:
    if group.kind != GroupKind.GROUP:
        raise Invalid(name="This group belongs to the desk itself and stays as it is.")


def _free_name(session: Session, name: str, group: Group | None = None) -> str:
    name = named(name)
    taken = select(Group.id).where(
        Group.kind != GroupKind.PERSONAL, func.lower(Group.name) == name.lower()
    )
    if group is not None:
        taken = taken.where(Group.id != group.id)
    if session.scalar(taken.limit(1)) is not None:
        raise Invalid(name="There is a group of this name already.")
    return name


def _write(
    session: Session, act: str, group: Group, actor: User, now: datetime, **changes: Any
) -> None:
    journal.record(session, act, "group", group.id, actor=actor, at=now, of=group.name, **changes)
