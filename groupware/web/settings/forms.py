"""The forms of the settings pages: they check shape, the use cases check rules."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from groupware.web.settings.saving import mark
from groupware.web.words import LOCALES

HUE_WORDS = (
    "Indigo", "Blue", "Sky", "Teal", "Green", "Lime", "Amber", "Orange", "Red", "Rose", "Pink",
    "Violet",
)  # fmt: skip


F = TypeVar("F", bound="MarkedForm")


class CheckboxesField(SelectMultipleField):
    """Several of a few, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MarkedForm(FlaskForm):
    """A form that knows which values it was filled with."""

    base = HiddenField()


def hue_field() -> RadioField:
    """One of the twelve colours."""
    choices = [SelectChoice(number, word) for number, word in enumerate(HUE_WORDS, start=1)]
    return RadioField("Colour", choices=choices, coerce=int, default=1)


def filled(form: type[F], values: Mapping[str, Any], *, sent: bool) -> F:
    """A form with these values and their mark; where it was sent, with what was sent."""
    if sent:
        return form(data=values)
    return form(formdata=None, data={**values, "base": mark(values)})


class NewUser(FlaskForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
    address = EmailField(
        "E-mail", [InputRequired("Please enter an e-mail address."), Length(max=320)]
    )
    organisation = StringField("Organisation", [Length(max=200)])
    how = RadioField(
        "How they come in",
        choices=[
            SelectChoice("invite", "By an invitation, sent by mail"),
            SelectChoice("password", "With this password"),
        ],
        default="invite",
    )
    password = PasswordField("Password")


class Person(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
    organisation = StringField(
        "Organisation",
        [Length(max=200)],
        description="Colleagues of one organisation see each other's requests where a list says so.",
    )


class NewAddress(FlaskForm):
    address = EmailField(
        "New address", [InputRequired("Please enter an address."), Length(max=320)]
    )


class NewPassword(FlaskForm):
    password = PasswordField("New password", [InputRequired("Please enter a password.")])


class GroupName(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])


class Desk(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=60)])
    hue = hue_field()
    about_answers = StringField(
        "When to expect an answer",
        [Length(max=300)],
        description="Said to customers before and after they send a request.",
    )
    security_contact = StringField(
        "Contact for security",
        [Length(max=300)],
        description="An address or link, shown in /.well-known/security.txt.",
    )
    locale = SelectField(
        "Language of mails, dates and numbers",
        choices=LOCALES,
        description="For people who have not chosen theirs, and for those without an account.",
    )
