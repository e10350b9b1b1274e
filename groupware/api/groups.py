"""Groups: what access lists name. Agents find them, administrators set them up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Select, or_, select

from groupware import groups, people
from groupware.access import need
from groupware.api import ANYBODY, UNSET, Id, Made, Noun, Page, Paging, Ref, Says, Unset, page_of
from groupware.models import Group as Row
from groupware.models import GroupKind, Membership, Permission, User
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    rights,
    session,
)

nouns = Noun(
    "groups",
    "Groups, and the group of one that stands for each person: what access lists name. Agents find "
    "them, to share; administrators set them up.",
)

Name = Annotated[str, Says("A name that no other has.", least=1, most=200, example="Reception")]
Given = Annotated[list[Permission], Says("What it lets its members use.", most=len(Permission))]


@dataclass(frozen=True)
class Group:
    """A group; what it gives is shown to administrators."""

    id: int
    name: str
    kind: GroupKind
    user: Annotated[int | None, Says("Whose group of one it is.")]
    permissions: Annotated[list[Permission] | None, Says("Null for whoever does not administer.")]


@dataclass(frozen=True)
class NewGroup:
    """What a group is made of."""

    name: Name


@dataclass(frozen=True)
class GroupChange:
    """What becomes of a group; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    permissions: Given | Unset = UNSET


@dataclass(frozen=True)
class NewMember:
    """Who belongs to a group."""

    user: Id


@dataclass(frozen=True)
class GroupQuery(Paging):
    """Which groups."""

    q: Annotated[str, Says("A part of the name.", most=200)] = ""
    kind: GroupKind | Unset = UNSET


@nouns.get("/groups")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: GroupQuery) -> Page[Group]:
    """Groups by name."""
    found = _all()
    if query.q.strip():
        found = found.where(Row.name.icontains(query.q.strip(), autoescape=True))
    if not isinstance(query.kind, Unset):
        found = found.where(Row.kind == query.kind)
    return page_of(session(), found, query, Row.name, Row.id, show=_shown)


@nouns.post("/groups")
@open_to(*ANYBODY)
def create(body: NewGroup) -> Made[Group]:
    """Make a group, without members and permissions; for administrators."""
    made = groups.create(session(), actor(), name=body.name, now=now())
    return Made(_shown([made])[0], f"/api/v1/groups/{made.id}")


@nouns.get("/groups/<int:group_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(group_id: int) -> Group:
    """A group."""
    return _shown([_group(group_id)])[0]


@nouns.patch("/groups/<int:group_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(group_id: int, body: GroupChange) -> Group:
    """Call a group something else, or say what it gives; for administrators."""
    people.administering(session(), actor())
    row = _group(group_id)
    if not isinstance(body.name, Unset):
        groups.rename(session(), actor(), row, name=body.name, now=now())
    if not isinstance(body.permissions, Unset):
        groups.set_permissions(session(), actor(), row, body.permissions, now=now())
    session().flush()
    return _shown([row])[0]


@nouns.delete("/groups/<int:group_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(group_id: int) -> None:
    """Remove a group, with its lines in access lists and what it gave; its members stay."""
    people.administering(session(), actor())
    groups.delete(session(), actor(), _group(group_id), now=now())


@nouns.get("/groups/<int:group_id>/members")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def members(group_id: int, query: Paging) -> Page[Ref]:
    """Who belongs to a group, by name; for administrators."""
    need(session(), actor(), Permission.ADMINISTER)
    belongs = select(Membership.user_id).where(Membership.group_id == _group(group_id).id)
    found = select(User).where(User.id.in_(belongs))
    return page_of(session(), found, query, User.name, User.id, show=_refs)


@nouns.post("/groups/<int:group_id>/members")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def join(group_id: int, body: NewMember) -> None:
    """Let somebody belong to a group."""
    people.administering(session(), actor())
    user = one(select(User).where(User.id == body.user))
    groups.add_member(session(), actor(), _group(group_id), user, now=now())


@nouns.delete("/groups/<int:group_id>/members/<int:user_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def leave(group_id: int, user_id: int) -> None:
    """End somebody's membership."""
    people.administering(session(), actor())
    user = one(select(User).where(User.id == user_id))
    groups.remove_member(session(), actor(), _group(group_id), user, now=now())


def _all() -> Select[Row]:
    """Those that can be named in an access list: of people, the active ones alone."""
    active = select(User.id).where(User.active)
    return select(Row).where(or_(Row.user_id.is_(None), Row.user_id.in_(active)))


def _group(group_id: int) -> Row:
    return one(_all().where(Row.id == group_id))


def _shown(rows: Sequence[Row]) -> list[Group]:
    given = groups.given_by(session(), [each.id for each in rows]) if rights().administrator else {}
    return [
        Group(
            each.id,
            each.name,
            GroupKind(each.kind),
            each.user_id,
            sorted(given.get(each.id, ())) if rights().administrator else None,
        )
        for each in rows
    ]


def _refs(rows: Sequence[User]) -> list[Ref]:
    return [Ref(each.id, each.name) for each in rows]
