"""What a person may use: the groups that they belong to, and what is given to them alone."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware import groups, people
from groupware.models import Group, GroupKind, Membership
from groupware.web.request import (
    ADMINISTER,
    actor,
    now,
    one,
    open_to,
    page,
    see_other,
    session,
    told,
)
from groupware.web.settings import rights
from groupware.web.settings.finding import by_name, number, sought
from groupware.web.settings.groups import take_out
from groupware.web.settings.users import named

blueprint = Blueprint("user_rights", __name__, url_prefix="/settings/users")


@blueprint.post("/<int:user_id>/permissions")
@open_to(ADMINISTER)
def set_permissions(user_id: int) -> ResponseReturnValue:
    people.administering(session(), actor())
    own = people.personal_group(session(), named(user_id))
    return rights.save(own, url_for("users.show", user_id=user_id))


@blueprint.route("/<int:user_id>/groups/add", methods=["GET", "POST"])
@open_to(ADMINISTER)
def join(user_id: int) -> ResponseReturnValue:
    user = named(user_id)
    query = select(Group).where(Group.kind == GroupKind.GROUP)
    if request.method == "POST":
        group = one(query.where(Group.id == number(request.form.get("group"))))
        groups.add_member(session(), actor(), group, user, now=now())
        told(f"{user.name} belongs to {group.name}.")
        return see_other("users.show", user_id=user_id)
    if text := sought():
        query = query.where(Group.name.icontains(text, autoescape=True))
    there = select(Membership.group_id).where(Membership.user_id == user_id)
    rows, after = by_name(query.where(Group.id.not_in(there)), Group)
    return page("settings/user_join.html", user=user, rows=rows, after=after, q=text)


@blueprint.post("/<int:user_id>/groups/leave")
@open_to(ADMINISTER)
def leave(user_id: int) -> ResponseReturnValue:
    group = one(select(Group).where(Group.id == number(request.form.get("group"))))
    take_out(group, named(user_id))
    return see_other("users.show", user_id=user_id)
