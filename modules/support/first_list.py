"""A step of setting up: the first task list, who may ask there, and a first location."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from groupware import groups, people
from groupware.errors import Invalid
from groupware.models import Group, Level, Permission
from groupware.module import Step
from groupware.web.request import (
    MANAGE_SUPPORT,
    actor,
    now,
    open_to,
    refusals,
    see_other,
    session,
)
from groupware.web.settings.forms import hue_field
from groupware.web.setup import at_step, going_on
from modules.tasks import lists, locations
from modules.tasks.models import TaskList

blueprint = Blueprint("first_list", __name__, url_prefix="/setup")

WHO = {"everyone": "Everyone", "group": "A group", "nobody": "Nobody yet"}


class FirstList(FlaskForm):
    name = StringField(
        "What do people ask for help with?",
        [InputRequired("Please enter a name."), Length(max=200)],
        default="Support",
        description="A task list is a kind of request. You can add more later.",
    )
    hue = hue_field()
    who = RadioField("Who may ask?", choices=WHO, default="everyone")
    group = StringField("Name of the group", [Length(max=200)], default="Customers")
    location = StringField(
        "Where are they?",
        [InputRequired("Please enter a location."), Length(max=200)],
        default="Main office",
        description="Each request names a location. You can add more later.",
    )


@blueprint.route("/list", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def first_list() -> ResponseReturnValue:
    going_on()
    if there_is_one(session()):
        return see_other("setup.start")
    form = FirstList()
    if form.validate_on_submit():
        with refusals(form):
            customers = who_may_ask(session(), form)
            task_list = lists.create(
                session(), actor(), name=form.name.data or "", hue=form.hue.data, now=now()
            )
            task_list.is_default = True
            own = people.personal_group(session(), actor())
            sides = {
                lists.Side.AGENTS: {own.id: Level.MANAGE},
                lists.Side.CUSTOMERS: {customers.id: Level.CREATE} if customers else {},
            }
            for side, levels in sides.items():
                lists.set_access(session(), actor(), task_list, side, levels, now=now())
            place = locations.create(session(), actor(), name=form.location.data or "", now=now())
            readers = {each.id: Level.READ for each in (customers, own) if each}
            locations.set_access(session(), actor(), place, readers, now=now())
            return see_other("setup.start")
    return at_step("core/setup_list.html", 422 if form.errors else 200, form=form)


def who_may_ask(session: Session, form: FirstList) -> Group | None:
    """The group that may create requests from now on, or nobody."""
    if form.who.data == "nobody":
        return None
    if form.who.data == "everyone":
        group = people.everyone(session)
    else:
        try:
            group = groups.create(session, actor(), name=form.group.data or "", now=now())
        except Invalid as refusal:
            raise Invalid(group=refusal.message) from None
    groups.set_permissions(session, actor(), group, {Permission.CREATE_TICKETS}, now=now())
    return group


def there_is_one(session: Session) -> bool:
    return session.scalar(select(TaskList.id).limit(1)) is not None


step = Step("First task list", "first_list.first_list", there_is_one)
