"""The pages behind the links that are sent by mail: a password to choose, an address to confirm.

The secret leaves the address at once: it waits in the browser's cookie while the page is used, so
that it stands in no history, no log and no referrer of what follows.
"""

from urllib.parse import quote

import flask
from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired

from groupware import credentials
from groupware.errors import Forbidden, Invalid
from groupware.models import Token, TokenKind, User
from groupware.passwords import hashed, problem
from groupware.web.request import (
    ANYONE,
    now,
    open_to,
    page,
    release,
    see_other,
    session,
    told,
    visitor,
)

blueprint = Blueprint("links", __name__, url_prefix="/link")

KEY = "link"


class Choose(FlaskForm):
    password = PasswordField("New password", [InputRequired("Please choose a password.")])


class Confirm(FlaskForm):
    """Only the token."""


@blueprint.get("/<secret>")
@open_to(ANYONE)
def follow(secret: str) -> ResponseReturnValue:
    """Take the secret out of the address."""
    flask.session[KEY] = secret
    answer = redirect(url_for(".link"), 303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.route("", methods=["GET", "POST"])
@open_to(ANYONE)
def link() -> ResponseReturnValue:
    """What the link is for."""
    try:
        token, person = _found()
        if token.kind == TokenKind.VERIFICATION:
            return confirm(token, person)
        return choose(token, person)
    except Invalid as refusal:
        if refusal.message != credentials.VOID:
            raise
        session().rollback()
        return page("core/link_void.html", 422, message=credentials.VOID)


def choose(token: Token, person: User) -> ResponseReturnValue:
    """A new password; then in by the front door."""
    form = Choose()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        chosen = form.password.data or ""
        if wrong := problem(chosen, [person.name, person.address]):
            form.password.errors = [wrong]
        else:
            release()
            kept = hashed(chosen)
            token, person = _found()
            credentials.set_first_password(session(), token, person, kept, now=now())
            flask.session.clear()
            told("Your password is set. Please sign in with it.")
            return see_other("accounts.login")
    invited = token.kind == TokenKind.INVITATION
    return page("core/choose_password.html", status, form=form, person=person, invited=invited)


def confirm(token: Token, person: User) -> ResponseReturnValue:
    """An address to be confirmed by who asked for it, and by nobody whom they sent the link."""
    if visitor() is None:
        return redirect(url_for("accounts.login", next=quote(url_for(".link"))), 302)
    if visitor() is not person:
        raise Forbidden("This link belongs to another account.")
    form = Confirm()
    if form.validate_on_submit():
        credentials.confirm_address(session(), token, person, now=now())
        flask.session.pop(KEY)
        told(f"{token.value} is yours now.")
        return see_other("profile.profile")
    return page("core/confirm_address.html", form=form, person=person, address=token.value)


def _found() -> tuple[Token, User]:
    return credentials.find(session(), flask.session.get(KEY, ""), now=now())
