"""Groups: all of them with what they may use, and the page of one."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from groupware import groups, module, people
from groupware.errors import Invalid
from groupware.models import AclEntry, Grant, Group, GroupKind, Membership, User
from groupware.module import Item
from groupware.web.request import (
    ADMINISTER,
    actor,
    now,
    one,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.settings import rights
from groupware.web.settings.finding import PAGE, by_name, number, people_like, sought
from groupware.web.settings.forms import GroupName, filled
from groupware.web.settings.saving import ask, locked, mark, overtaken

blueprint = Blueprint("groups", __name__, url_prefix="/settings/groups")

SHARED = (GroupKind.GROUP, GroupKind.EVERYONE)
MOST_PLACES = 50


@blueprint.route("", methods=["GET", "POST"])
@open_to(ADMINISTER)
def all_of_them() -> ResponseReturnValue:
    sent = request.method == "POST"
    form = filled(GroupName, {"name": ""}, sent=sent)
    if sent and form.validate():
        with refusals(form):
            made = groups.create(session(), actor(), name=form.name.data or "", now=now())
            told(f"{made.name} was added. Now say who belongs to it, and what it may use.")
            return see_other(".show", group_id=made.id)
    query = select(Group).where(Group.kind.in_(SHARED))
    if text := sought():
        query = query.where(Group.name.icontains(text, autoescape=True))
    rows, after = by_name(query, Group)
    ids = [group.id for group in rows]
    members = session().execute(
        select(Membership.group_id, func.count())
        .where(Membership.group_id.in_(ids))
        .group_by(Membership.group_id)
    )
    single = session().scalars(
        select(Group)
        .where(Group.kind == GroupKind.PERSONAL, Group.id.in_(select(Grant.group_id)))
        .order_by(Group.name)
        .limit(PAGE)
    )
    single_rows = single.all()
    return page(
        "settings/groups.html",
        422 if sent else 200,
        form=form,
        rows=rows,
        after=after,
        q=text,
        members=dict(iter(members)),
        given=groups.given_by(session(), [*ids, *(group.id for group in single_rows)]),
        single=[] if text else single_rows,
        meanings=rights.MEANINGS,
    )


@blueprint.route("/<int:group_id>", methods=["GET", "POST"])
@open_to(ADMINISTER)
def show(group_id: int) -> ResponseReturnValue:
    sent = request.method == "POST"
    if sent:
        people.administering(session(), actor())
    group = named(group_id)
    values = {"name": group.name}
    form = filled(GroupName, values, sent=sent)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".show", group_id=group_id)):
            return both
        with refusals(form):
            groups.rename(session(), actor(), group, name=form.name.data or "", now=now())
            told("Saved.")
            return see_other(".show", group_id=group_id)
    belonging = people_like(sought()).where(
        User.id.in_(select(Membership.user_id).where(Membership.group_id == group_id))
    )
    rows, after = by_name(belonging.options(selectinload(User.addresses)), User)
    given = groups.permissions_of(session(), group)
    return page(
        "settings/group.html",
        422 if sent else 200,
        form=form,
        group=group,
        rows=rows,
        after=after,
        q=sought(),
        given=given,
        base=mark(rights.values_of(given)),
        meanings=rights.MEANINGS,
        places=places_of(group),
    )


@blueprint.post("/<int:group_id>/permissions")
@open_to(ADMINISTER)
def set_permissions(group_id: int) -> ResponseReturnValue:
    people.administering(session(), actor())
    return rights.save(named(group_id), url_for(".show", group_id=group_id))


@blueprint.route("/<int:group_id>/members/add", methods=["GET", "POST"])
@open_to(ADMINISTER)
def join(group_id: int) -> ResponseReturnValue:
    group = named(group_id)
    if request.method == "POST":
        user = sent_user()
        groups.add_member(session(), actor(), group, user, now=now())
        told(f"{user.name} belongs to {group.name}.")
        return see_other(".join", group_id=group_id, q=sought() or None)
    there = select(Membership.user_id).where(Membership.group_id == group_id)
    query = people_like(sought()).where(User.id.not_in(there), User.active)
    rows, after = by_name(query.options(selectinload(User.addresses)), User)
    return page("settings/group_join.html", group=group, rows=rows, after=after, q=sought())


@blueprint.post("/<int:group_id>/members/remove")
@open_to(ADMINISTER)
def leave(group_id: int) -> ResponseReturnValue:
    take_out(named(group_id), sent_user())
    return see_other(".show", group_id=group_id)


@blueprint.route("/<int:group_id>/delete", methods=["GET", "POST"])
@open_to(ADMINISTER)
def delete(group_id: int) -> ResponseReturnValue:
    group = named(group_id)
    if request.method == "GET":
        places = places_of(group)
        lines = ["Its members stay, and lose what it gives them."]
        if places:
            lines.append("It is named in these access lists, and goes from them:")
        return ask(
            f"Delete the group {group.name}?",
            lines,
            button="Delete",
            back=url_for(".show", group_id=group_id),
            items=places,
        )
    name = group.name
    try:
        with session().begin_nested():
            groups.delete(session(), actor(), group, now=now())
        told(f"The group {name} was deleted.")
    except Invalid as refusal:
        told(refusal.message, "error")
        return see_other(".show", group_id=group_id)
    return see_other(".all_of_them")


def named(group_id: int) -> Group:
    """A group that people share; the one that stands for a person is on that person's page."""
    return locked(select(Group).where(Group.id == group_id, Group.kind.in_(SHARED)))


def take_out(group: Group, user: User) -> None:
    """Take somebody out of a group, and say so, or why that cannot be."""
    try:
        with session().begin_nested():
            groups.remove_member(session(), actor(), group, user, now=now())
        told(f"{user.name} no longer belongs to {group.name}.")
    except Invalid as refusal:
        told(refusal.message, "error")


def sent_user() -> User:
    """The person whose id was sent."""
    return one(select(User).where(User.id == number(request.form.get("user"))))


def places_of(group: Group) -> list[Item]:
    """The access lists that name a group, as far as a module knows them."""
    query = select(AclEntry.acl_id).where(AclEntry.group_id == group.id).limit(MOST_PLACES)
    ids = session().scalars(query).all()
    found: dict[int, Any] = {}
    for part in module.installed():
        if part.places and ids:
            found.update(part.places(session(), ids))
    return [found[acl_id] for acl_id in ids if acl_id in found]
