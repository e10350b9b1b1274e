"""Users: all of them, and the page of one."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from groupware import credentials, groups, module, people
from groupware.errors import Invalid
from groupware.models import Address, Group, GroupKind, Membership, User
from groupware.module import Item
from groupware.passwords import hashed, problem
from groupware.web.request import (
    ADMINISTER,
    actor,
    now,
    one,
    open_to,
    page,
    refusals,
    release,
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings import rights
from groupware.web.settings.finding import PAGE, by_name, people_like, sought
from groupware.web.settings.forms import NewAddress, NewPassword, NewUser, Person, filled
from groupware.web.settings.saving import ask, locked, mark, overtaken

blueprint = Blueprint("users", __name__, url_prefix="/settings/users")

SHOWN = {"": None, "active": True, "off": False}


@blueprint.get("")
@open_to(ADMINISTER)
def all_of_them() -> ResponseReturnValue:
    show = request.args.get("show", "")
    query = people_like(sought())
    if (active := SHOWN.get(show)) is not None:
        query = query.where(User.active.is_(active))
    rows, after = by_name(query.options(selectinload(User.addresses)), User)
    return page("settings/users.html", rows=rows, after=after, q=sought(), show=show)


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(ADMINISTER)
def add() -> ResponseReturnValue:
    form = NewUser()
    if form.validate_on_submit():
        by_mail = form.how.data == "invite"
        chosen = "" if by_mail else form.password.data or ""
        wrong = None if by_mail else problem(chosen, [form.name.data or ""])
        if wrong:
            form.password.errors = [*form.password.errors, wrong]
        else:
            kept = None if by_mail else slowly_hashed(chosen)
            with refusals(form):
                user = people.create(
                    session(), actor(), name=form.name.data or "", password_hash=kept,
                    address=form.address.data or "", organisation=form.organisation.data or "",
                    now=now(),
                )  # fmt: skip
                if by_mail:
                    credentials.invite(
                        session(), actor(), user, base_url=services().settings.base_url, now=now()
                    )
                told(f"{user.name} was added. Now say which groups they belong to.")
                return see_other(".show", user_id=user.id)
    return page("settings/user_add.html", 422 if form.is_submitted() else 200, form=form)


@blueprint.get("/<int:user_id>")
@open_to(ADMINISTER)
def show(user_id: int) -> ResponseReturnValue:
    return shown(named(user_id))


@blueprint.post("/<int:user_id>")
@open_to(ADMINISTER)
def edit(user_id: int) -> ResponseReturnValue:
    people.administering(session(), actor())
    user = named(user_id)
    values = values_of(user)
    form = filled(Person, values, sent=True)
    if form.validate():
        if both := overtaken(form, values, keep=url_for(".show", user_id=user_id)):
            return both
        with refusals(form):
            people.edit(
                session(), actor(), user, name=form.name.data or "",
                organisation=form.organisation.data or "", now=now(),
            )  # fmt: skip
            told("Saved.")
            return see_other(".show", user_id=user_id)
    return shown(user, person=form)


@blueprint.post("/<int:user_id>/addresses")
@open_to(ADMINISTER)
def add_address(user_id: int) -> ResponseReturnValue:
    user, form = named(user_id), NewAddress()
    if form.validate():
        with refusals(form):
            people.add_address(session(), actor(), user, form.address.data or "", now=now())
            told("The address is added.")
            return see_other(".show", user_id=user_id)
    return shown(user, address=form)


@blueprint.route("/<int:user_id>/addresses/<int:address_id>/remove", methods=["GET", "POST"])
@open_to(ADMINISTER)
def remove_address(user_id: int, address_id: int) -> ResponseReturnValue:
    user = named(user_id)
    address = one(select(Address).where(Address.user_id == user_id, Address.id == address_id))
    if request.method == "GET":
        return ask(
            f"Remove {address.address}?",
            [f"{user.name} cannot sign in with it any more, and is signed out everywhere.",
             "Mail from it is no longer known to be theirs."],
            button="Remove",
            back=url_for(".show", user_id=user_id),
        )  # fmt: skip
    try:
        people.remove_address(session(), actor(), user, address, now=now())
        told("The address is removed.")
    except Invalid as refusal:
        told(refusal.message, "error")
    return see_other(".show", user_id=user_id)


@blueprint.post("/<int:user_id>/password")
@open_to(ADMINISTER)
def set_password(user_id: int) -> ResponseReturnValue:
    user, form = named(user_id), NewPassword()
    chosen = form.password.data or ""
    if form.validate():
        if wrong := problem(chosen, [user.name, user.address]):
            form.password.errors = [*form.password.errors, wrong]
        else:
            kept = slowly_hashed(chosen)
            user = named(user_id)
            people.set_password(session(), actor(), user, kept, now=now())
            told(f"{user.name} has a new password, and is signed out everywhere.")
            return see_other(".show", user_id=user_id)
    return shown(user, password=form)


@blueprint.post("/<int:user_id>/invitation")
@open_to(ADMINISTER)
def invite(user_id: int) -> ResponseReturnValue:
    user, base_url = named(user_id), services().settings.base_url
    credentials.invite(session(), actor(), user, base_url=base_url, now=now())
    told(f"An invitation is on its way to {user.address}.")
    return see_other(".show", user_id=user_id)


@blueprint.post("/<int:user_id>/sessions/end")
@open_to(ADMINISTER)
def sign_out(user_id: int) -> ResponseReturnValue:
    user = named(user_id)
    people.sign_out_everywhere(session(), actor(), user, now=now())
    told(f"{user.name} is signed out everywhere.")
    return see_other(".show", user_id=user_id)


@blueprint.route("/<int:user_id>/deactivation", methods=["GET", "POST"])
@open_to(ADMINISTER)
def deactivate(user_id: int) -> ResponseReturnValue:
    user = named(user_id)
    if request.method == "GET":
        return ask(
            f"Switch {user.name} off?",
            ["They are signed out at once, and cannot come in any more: not by page, calendar or mail.",
             "Their tickets stay theirs. Give open ones that they work on to somebody else.",
             "You can switch them on again."],
            button="Switch off",
            back=url_for(".show", user_id=user_id),
            items=said_of(user),
        )  # fmt: skip
    try:
        people.deactivate(session(), actor(), user, now=now())
        told(f"{user.name} is switched off.")
    except Invalid as refusal:
        told(refusal.message, "error")
    return see_other(".show", user_id=user_id)


@blueprint.post("/<int:user_id>/activation")
@open_to(ADMINISTER)
def activate(user_id: int) -> ResponseReturnValue:
    user = named(user_id)
    people.activate(session(), actor(), user, now=now())
    told(f"{user.name} is switched on.")
    return see_other(".show", user_id=user_id)


def named(user_id: int) -> User:
    return locked(select(User).where(User.id == user_id))


def values_of(user: User) -> dict[str, str]:
    return {"name": user.name, "organisation": user.organisation}


def slowly_hashed(password: str) -> str:
    """The hash of a password, made while no transaction waits for it."""
    release()
    return hashed(password)


def said_of(user: User) -> list[Item]:
    """What the modules have to say of a person."""
    return [
        item
        for part in module.installed()
        if part.about
        for item in part.about(session(), actor(), user)
    ]


def shown(user: User, **forms: Any) -> ResponseReturnValue:
    """The page of a person; with a form that was refused, that form as it was sent (422)."""
    bare: dict[str, None] = {"formdata": None}
    own = people.personal_group(session(), user)
    belongs = (
        session()
        .scalars(
            select(Group)
            .join(Membership, Membership.group_id == Group.id)
            .where(Membership.user_id == user.id, Group.kind != GroupKind.PERSONAL)
            .order_by(Group.kind, Group.name)
            .limit(PAGE)
        )
        .all()
    )
    given = groups.given_by(session(), [own.id, *(group.id for group in belongs)])
    return page(
        "settings/user.html",
        422 if forms else 200,
        user=user,
        person=forms.get("person") or filled(Person, values_of(user), sent=False),
        address=forms.get("address") or NewAddress(**bare),
        password=forms.get("password") or NewPassword(**bare),
        groups=belongs,
        meanings=rights.MEANINGS,
        own=given.get(own.id, set()),
        base=mark(rights.values_of(given.get(own.id, ()))),
        through={
            permission: [group.name for group in belongs if permission in given.get(group.id, ())]
            for permission in rights.MEANINGS
        },
        about=said_of(user),
    )
