"""The first visit of an empty installation: a few steps, which may be left and taken up again.

Until there is somebody, whoever comes is led here, and may name the desk and become its first
manager. From then on only an administrator goes on; once it is finished there is nothing here.
"""

from dataclasses import replace

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from groupware import module, outbox, preferences, setup
from groupware.errors import NotFound
from groupware.module import Step
from groupware.passwords import hashed, problem
from groupware.preferences import Organisation
from groupware.setup import SetUp
from groupware.text import one_line
from groupware.web import identity
from groupware.web.request import (
    ADMINISTER,
    ANYONE,
    SAFE_METHODS,
    actor,
    now,
    open_to,
    page,
    refusals,
    release,
    rights,
    see_other,
    services,
    session,
    told,
    visitor,
)
from groupware.web.settings.forms import hue_field

blueprint = Blueprint("setup", __name__, url_prefix="/setup")

OPEN = frozenset(
    {"assets.file", "pages.csrf", "pages.security_txt", "health.healthz", "health.readyz"}
)
"""What answers as ever while nobody is there."""


class Desk(FlaskForm):
    name = StringField(
        "What is your organisation called?",
        [DataRequired("Please enter a name."), Length(max=60)],
        description="It stands at the top of every page.",
    )
    hue = hue_field()
    about_answers = StringField(
        "When do you usually answer?",
        [Length(max=300)],
        description="For example “On working days within four hours.” Customers read it.",
    )


class Manager(FlaskForm):
    name = StringField("Your name", [DataRequired("Please enter your name."), Length(max=200)])
    address = EmailField(
        "Your e-mail", [InputRequired("Please enter your e-mail."), Length(max=320)]
    )
    password = PasswordField("Password", [InputRequired("Please choose a password.")])


class Nothing(FlaskForm):
    """Only the token."""


def lead() -> ResponseReturnValue | None:
    """While nobody is there, every page leads here."""
    endpoint = request.endpoint or ""
    if endpoint in OPEN or endpoint.startswith("setup.") or inhabited():
        return None
    if request.method in SAFE_METHODS:
        return redirect(url_for("setup.start"), 302)
    raise NotFound


def inhabited() -> bool:
    """True once somebody is there; asked of the database until then, and never after."""
    parts = services()
    if not parts.inhabited:
        parts.inhabited = setup.somebody(session())
    return parts.inhabited


def steps() -> list[Step]:
    """All steps in their order: what modules need stands between the people and the mail."""
    own = [step for part in module.installed() for step in part.first_steps]
    return [
        Step("Organisation", "setup.organisation", lambda s: preferences.is_kept(s, Organisation)),
        Step("First manager", "setup.manager", setup.somebody),
        *own,
        Step("Mail", "setup.mail", lambda s: preferences.load(s, SetUp).finished),
    ]


def at_step(template: str, status: int = 200, **values: object) -> ResponseReturnValue:
    """A step's page, with the bar above that says how far it is."""
    all_steps = steps()
    here = next(n for n, step in enumerate(all_steps, 1) if step.endpoint == request.endpoint)
    titles = [step.title for step in all_steps]
    return page(template, status, titles=titles, here=here, **values)


def going_on(*, needs_somebody: bool = True) -> None:
    """Refuse whoever may not set up, as if there were nothing here."""
    if setup.is_over(session(), module.installed()):
        raise NotFound
    if inhabited():
        if not rights().administrator:
            raise NotFound
    elif needs_somebody:
        raise NotFound


@blueprint.get("")
@open_to(ANYONE)
def start() -> ResponseReturnValue:
    """To the first step that is not done."""
    if inhabited() and visitor() is None and not setup.is_over(session(), module.installed()):
        return redirect(url_for("accounts.login", next=url_for(".start")), 302)
    going_on(needs_somebody=False)
    return see_other(next(step.endpoint for step in steps() if not step.done(session())))


@blueprint.route("/organisation", methods=["GET", "POST"])
@open_to(ANYONE)
def organisation() -> ResponseReturnValue:
    going_on(needs_somebody=False)
    desk = preferences.load(session(), Organisation)
    shown = desk if preferences.is_kept(session(), Organisation) else replace(desk, name="")
    form = Desk(name=shown.name, hue=shown.hue, about_answers=shown.about_answers)
    if not form.validate_on_submit():
        return at_step("core/setup_organisation.html", 422 if form.errors else 200, form=form)
    changed = replace(
        desk,
        name=one_line(form.name.data or ""),
        hue=form.hue.data,
        about_answers=one_line(form.about_answers.data or ""),
    )
    preferences.save(session(), changed, actor=visitor(), now=now())
    preferences.save(session(), SetUp(), actor=visitor(), now=now())
    return see_other(".start")


@blueprint.route("/manager", methods=["GET", "POST"])
@open_to(ANYONE)
def manager() -> ResponseReturnValue:
    going_on(needs_somebody=False)
    if inhabited():
        return see_other(".start")
    form = Manager()
    if form.validate_on_submit():
        name, address, chosen = (form[each].data or "" for each in ("name", "address", "password"))
        if wrong := problem(chosen, [name, address]):
            form.password.errors = [wrong]
        else:
            release()
            kept = hashed(chosen)
            with refusals(form):
                person = setup.first_manager(
                    session(), name=name, address=address, password_hash=kept, now=now()
                )
                identity.sign_in(session(), person, now=now())
                return see_other(".start")
    return at_step("core/setup_manager.html", 422 if form.errors else 200, form=form)


@blueprint.route("/mail", methods=["GET", "POST"])
@open_to(ADMINISTER)
def mail() -> ResponseReturnValue:
    """Mail now or later: what is sent until then is kept."""
    going_on()
    form = Nothing()
    if not form.validate_on_submit():
        return at_step("core/setup_mail.html", form=form, server=bool(services().settings.smtp_url))
    if "test" in request.form:
        outbox.put(
            session(),
            to=actor().address,
            subject="This desk can send mail",
            text=f"Hello {actor().name},\n\nthis is the first mail of your desk.\n",
            now=now(),
        )
        told(f"A mail to {actor().address} is on its way.")
        return see_other(".mail")
    preferences.save(session(), SetUp(finished=True), actor=actor(), now=now())
    told("Your desk is ready.")
    return see_other("pages.home")


def unfinished() -> bool:
    """True where who is here should go on setting up."""
    return rights().administrator and not setup.is_over(session(), module.installed())
