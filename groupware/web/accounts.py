"""Sign-in, sign-out, and the way in for whoever forgot their password."""

import logging
import re
from datetime import timedelta

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from groupware import credentials, journal, people
from groupware.models import User
from groupware.passwords import matches
from groupware.web import identity, limits
from groupware.web.request import (
    ANYONE,
    SIGNED_IN,
    now,
    open_to,
    page,
    release,
    see_other,
    services,
    session,
    visitor,
)

log = logging.getLogger(__name__)
blueprint = Blueprint("accounts", __name__)

# Browsers drop tabs and line breaks within an address: "/<tab>/evil.example" would lead away.
SAME_ORIGIN = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*")
WRONG = "Wrong e-mail or password."
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SENT = (
    "If somebody has this address, a link to choose a new password is on its way to it. "
    "It works for 30 minutes."
)


class SignIn(FlaskForm):
    address = EmailField("E-mail", [InputRequired("Please enter your e-mail."), Length(max=320)])
    password = PasswordField("Password", [InputRequired("Please enter your password.")])
    next = StringField()


class Forgotten(FlaskForm):
    address = EmailField("E-mail", [InputRequired("Please enter your e-mail."), Length(max=320)])


@blueprint.route("/login", methods=["GET", "POST"])
@open_to(ANYONE)
def login() -> ResponseReturnValue:
    if visitor() is not None and request.method == "GET":
        return see_other("pages.home")
    form = SignIn(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return page("core/login.html", 422 if form.is_submitted() else 200, form=form)
    person = recognised(form.address.data or "", form.password.data or "")
    if person is None:
        form.form_errors.append(WRONG)
        return page("core/login.html", 401, form=form)
    identity.sign_in(session(), person, now=now())
    journal.record(session(), "signed_in", "user", person.id, actor=person, at=now())
    log.info("signed in: user %s from %s", person.id, request.remote_addr)
    return redirect(inside(form.next.data), 303)


def recognised(address: str, password: str) -> User | None:
    """Who has this address and this password. Wrong ones are counted; right ones cost nothing.

    Counting is a transaction of its own: no refusal undoes it, and nobody waits for its end while
    a password is hashed.
    """
    release()
    place = limits.place(request.remote_addr)
    with services().database.writing() as counting:
        tries = [
            limits.count(counting, f"{kind}|{place}", most=most, within=MINUTE, now=now()).id
            for kind, most in (("sign-in", 20), (f"sign-in|{people.folded(address)}", 5))
        ]
    with services().database.reading() as reading:
        found = people.by_address(reading, address)
        number, kept = (found.id, _password_of(found)) if found else (0, None)
    if not matches(kept, password):
        log.warning("sign-in refused: user %s from %s", number or "unknown", request.remote_addr)
        return None
    limits.forgive(session(), tries)
    person = session().get(User, number)
    return person if person is not None and _password_of(person) == kept else None


def _password_of(person: User) -> str | None:
    return person.password_hash if person.active else None


@blueprint.post("/logout")
@open_to(SIGNED_IN)
def logout() -> ResponseReturnValue:
    identity.sign_out(session())
    return see_other(".login")


@blueprint.route("/forgotten", methods=["GET", "POST"])
@open_to(ANYONE)
def forgotten() -> ResponseReturnValue:
    """Ask for a link by mail; the answer is the same whether somebody has the address."""
    form = Forgotten()
    if not form.validate_on_submit():
        return page("core/forgotten.html", 422 if form.is_submitted() else 200, form=form)
    address = form.address.data or ""
    place = limits.place(request.remote_addr)
    for key, most in ((f"reset|{place}", 30), (f"reset|{people.folded(address)}", 3)):
        limits.count(session(), key, most=most, within=HOUR, now=now())
    credentials.request_reset(session(), address, base_url=services().settings.base_url, now=now())
    return page("core/forgotten.html", form=form, sent=SENT)


def inside(target: str | None) -> str:
    """A path of this site, or `/`."""
    return target if target and SAME_ORIGIN.fullmatch(target) else "/"
