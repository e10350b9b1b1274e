"""One's own page: name and manner of show, password, addresses, where one is signed in."""

from datetime import timedelta
from functools import cache
from zoneinfo import available_timezones

import flask
from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import delete, select
from wtforms import EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupware import credentials, journal, people
from groupware.access import locations_of
from groupware.errors import NotFound
from groupware.models import Address, WebSession
from groupware.passwords import hashed, matches, problem
from groupware.secrets import hash_of
from groupware.text import named
from groupware.web import identity, limits
from groupware.web.accounts import inside
from groupware.web.guard import SESSION_KEY
from groupware.web.request import (
    SIGNED_IN,
    actor,
    came_from,
    now,
    one,
    open_to,
    page,
    refusals,
    release,
    rights,
    see_other,
    services,
    session,
    told,
)
from groupware.web.words import LOCALES

blueprint = Blueprint("profile", __name__, url_prefix="/profile")

THEMES = {"auto": "As my device", "light": "Light", "dark": "Dark"}
DENSITIES = {"compact": "Compact", "cosy": "Normal", "roomy": "Roomy"}


class Manner(FlaskForm):
    name = StringField("Name", [InputRequired("Please enter your name."), Length(max=200)])
    time_zone = SelectField("Time zone")
    locale = SelectField("Dates and numbers")
    default_location_id = SelectField("Usual location")
    theme = RadioField("Theme", choices=THEMES)
    density = RadioField("Rows in lists", choices=DENSITIES)


class ChangePassword(FlaskForm):
    old = PasswordField("Current password", [InputRequired("Please enter your current password.")])
    new = PasswordField("New password", [InputRequired("Please choose a password.")])


class NewAddress(FlaskForm):
    address = EmailField(
        "New address", [InputRequired("Please enter an address."), Length(max=320)]
    )
    password = PasswordField(
        "Current password", [InputRequired("Please enter your current password.")]
    )


@blueprint.route("", methods=["GET", "POST"])
@open_to(SIGNED_IN)
def profile() -> ResponseReturnValue:
    form = manner()
    if form.validate_on_submit():
        person = actor()
        with refusals(form):
            if named(form.name.data or "") != person.name:
                people.rename(session(), person, named(form.name.data or ""))
            person.time_zone, person.locale = form.time_zone.data, form.locale.data
            person.theme, person.density = form.theme.data, form.density.data
            person.default_location_id = int(form.default_location_id.data or 0) or None
            told("Saved.")
            return see_other(".profile")
    return shown(manner=form)


@blueprint.post("/theme")
@open_to(SIGNED_IN)
def theme() -> ResponseReturnValue:
    """The switch at the top of each page; back to that page."""
    wanted = request.form.get("theme", "")
    if wanted in THEMES:
        actor().theme = wanted
    return redirect(inside(came_from()), 303)


@blueprint.post("/keys")
@open_to(SIGNED_IN)
def keys() -> ResponseReturnValue:
    """Single keys act at once, or not: where one speaks to the machine, a word is many keys."""
    wanted = request.form.get("keys") if request.form.get("keys") in ("on", "off") else "off"
    actor().preferences = {**actor().preferences, "keys": wanted}
    if request.accept_mimetypes.best == "application/json":
        return "", 204  # the list of keys, which stays open
    told("Saved.")
    return see_other(".profile", _anchor="own-keys")


@blueprint.post("/password")
@open_to(SIGNED_IN)
def password() -> ResponseReturnValue:
    form = ChangePassword()
    if form.validate_on_submit():
        person, chosen = actor(), form.new.data or ""
        if wrong := problem(chosen, [person.name, *(each.address for each in person.addresses)]):
            form.new.errors = [wrong]
        elif confirmed(form.old):
            release()
            kept = hashed(chosen)
            credentials.change_password(session(), person, kept, now=now())
            identity.sign_in(session(), person, now=now())
            told("Your password is changed. Everywhere else you are signed out.")
            return see_other(".profile")
    return shown(password=form)


@blueprint.post("/addresses")
@open_to(SIGNED_IN)
def add_address() -> ResponseReturnValue:
    form = NewAddress()
    if form.validate_on_submit() and confirmed(form.password):
        with refusals(form):
            address = form.address.data or ""
            base_url = services().settings.base_url
            credentials.ask_for_address(session(), actor(), address, base_url=base_url, now=now())
            told(f"A link is on its way to {address}. It is yours once you have followed it.")
            return see_other(".profile")
    return shown(address=form)


@blueprint.post("/addresses/<int:address_id>/removal")
@open_to(SIGNED_IN)
def remove_address(address_id: int) -> ResponseReturnValue:
    credentials.drop_address(session(), actor(), own_address(address_id), now=now())
    identity.sign_in(session(), actor(), now=now())
    told("The address is removed.")
    return see_other(".profile")


@blueprint.post("/addresses/<int:address_id>/first")
@open_to(SIGNED_IN)
def put_first(address_id: int) -> ResponseReturnValue:
    credentials.put_first(session(), actor(), own_address(address_id), now=now())
    told("Mail goes to this address from now on.")
    return see_other(".profile")


@blueprint.post("/sessions/<token>/end")
@open_to(SIGNED_IN)
def end_session(token: str) -> ResponseReturnValue:
    """Sign out in another browser."""
    try:
        token_hash = bytes.fromhex(token)
    except ValueError:
        raise NotFound from None
    own = select(WebSession).where(WebSession.user_id == actor().id)
    session().delete(one(own.where(WebSession.token_hash == token_hash)))
    told("Signed out there.")
    return see_other(".profile")


@blueprint.post("/sessions/end")
@open_to(SIGNED_IN)
def end_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    journal.record(session(), "signed_out", "user", actor().id, actor=actor(), at=now())
    session().execute(delete(WebSession).where(WebSession.user_id == actor().id))
    identity.sign_out(session())
    told("You are signed out everywhere.")
    return see_other("accounts.login")


def own_address(address_id: int) -> Address:
    return one(select(Address).where(Address.user_id == actor().id, Address.id == address_id))


def confirmed(field: PasswordField) -> bool:
    """True where this is the person's password; wrong ones are counted, and said at the field."""
    key, kept = f"own|{actor().id}", actor().password_hash
    release()
    with services().database.writing() as counting:
        tried = limits.count(counting, key, most=5, within=timedelta(minutes=1), now=now()).id
    if matches(kept, field.data or ""):
        limits.forgive(session(), [tried])
        if actor().password_hash == kept:
            return True
    field.errors = ["This is not your password."]
    return False


def manner(**bare: None) -> Manner:
    person = actor()
    form = Manner(obj=person, **bare)
    form.time_zone.choices = zones()
    form.locale.choices = LOCALES
    places = session().scalars(locations_of(person).limit(500))
    form.default_location_id.choices = {
        "": "None",
        **{str(each.id): each.name for each in places},
    }
    if bare or not form.is_submitted():
        form.default_location_id.data = str(person.default_location_id or "")
    return form


def shown(**forms: FlaskForm) -> ResponseReturnValue:
    """The page, with the one form that came back."""
    bare: dict[str, None] = {"formdata": None}
    values = {
        "manner": forms.get("manner") or manner(**bare),
        "password": forms.get("password") or ChangePassword(**bare),
        "address": forms.get("address") or NewAddress(**bare),
    }
    sessions = session().scalars(
        select(WebSession)
        .where(WebSession.user_id == actor().id, WebSession.seen_at > now() - identity.IDLE)
        .where(WebSession.credential_number == actor().credential_number)
        .order_by(WebSession.seen_at.desc())
        .limit(50)
    )
    here = hash_of(flask.session[SESSION_KEY])
    return page(
        "core/profile.html",
        422 if request.method == "POST" else 200,
        sessions=[(each, each.token_hash == here, browser(each.user_agent)) for each in sessions],
        agent=rights().agent or rights().administrator,
        **values,
    )


def browser(user_agent: str) -> str:
    """A browser's and a system's name out of how it introduces itself, as well as can be told."""
    names = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
             ("Safari", "Safari"))  # fmt: skip
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
               ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    name = next((name for mark, name in names if mark in user_agent), "A browser")
    system = next((name for mark, name in systems if mark in user_agent), "")
    return f"{name} on {system}" if system else name


@cache
def zones() -> dict[str, dict[str, str]]:
    """Time zones by continent."""
    found: dict[str, dict[str, str]] = {"Everywhere": {"UTC": "UTC"}}
    for zone in sorted(available_timezones()):
        continent, _, place = zone.partition("/")
        if place and continent != "Etc":
            named_place = place.replace("_", " ").replace("/", ", ")
            found.setdefault(continent, {})[zone] = named_place
    return found
