"""Sign-in and sign-out."""

import re

from flask import Blueprint, jsonify, redirect, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from groupware import module, people
from groupware.passwords import matches
from groupware.paths import PACKAGE
from groupware.web import identity
from groupware.web.request import (
    ANYONE,
    SIGNED_IN,
    now,
    open_to,
    page,
    rights,
    see_other,
    session,
    visitor,
)

blueprint = Blueprint("accounts", __name__)

SAME_ORIGIN = re.compile(r"^/(?![/\\])")
WRONG = "Wrong e-mail or password."


class SignIn(FlaskForm):
    address = EmailField("E-mail", [InputRequired("Please enter your e-mail."), Length(max=320)])
    password = PasswordField("Password", [InputRequired("Please enter your password.")])
    next = StringField()


@blueprint.route("/login", methods=["GET", "POST"])
@open_to(ANYONE)
def login() -> ResponseReturnValue:
    if visitor() is not None and request.method == "GET":
        return see_other(".home")
    form = SignIn(next=request.args.get("next", ""))
    if form.validate_on_submit():
        person = people.by_address(session(), form.address.data or "")
        kept = person.password_hash if person is not None and person.active else None
        if matches(kept, form.password.data or "") and person is not None:
            identity.sign_in(session(), person, now=now())
            return redirect(inside(form.next.data), 303)
        form.form_errors.append(WRONG)
        return page("core/login.html", 401, form=form)
    return page("core/login.html", 422 if form.is_submitted() else 200, form=form)


@blueprint.post("/logout")
@open_to(SIGNED_IN)
def logout() -> ResponseReturnValue:
    identity.sign_out(session())
    return see_other(".login")


@blueprint.get("/csrf")
@open_to(ANYONE)
def csrf() -> ResponseReturnValue:
    """A fresh token, for a page that was open for so long that its own has expired."""
    return jsonify(csrf_token=generate_csrf())


@blueprint.get("/")
@open_to(SIGNED_IN)
def home() -> ResponseReturnValue:
    """The first place that the person may use."""
    for part in module.installed():
        if part.home and (place := part.home(rights().permissions)):
            return redirect(url_for(place), 303)
    return page("core/nothing.html")


@blueprint.get("/static/<path:name>")
@open_to(ANYONE)
def static(name: str) -> ResponseReturnValue:
    """Style sheet, scripts, pictures: their names hold their hash, so they may be kept for ever."""
    answer = send_from_directory(PACKAGE / "static", name, max_age=31536000)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def inside(target: str | None) -> str:
    """A path of this site, or `/`."""
    return target if target and SAME_ORIGIN.match(target) else "/"
