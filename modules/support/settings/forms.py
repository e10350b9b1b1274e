"""The Support panel's forms."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from groupware.web.settings.forms import MarkedForm, hue_field
from modules.tasks.lists import LONGEST_DESCRIPTION, MOST_DAYS, MOST_HOURS


class CheckboxesField(SelectMultipleField):
    """Several of a few, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def number(label: str, most: int, **values: Any) -> IntegerField:
    text = f"Please enter a whole number from 0 to {most:,}."
    validators = [InputRequired(text), NumberRange(0, most, text)]
    return IntegerField(label, validators, **values)


class NewList(FlaskForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
    description = TextAreaField("Description", [Length(max=LONGEST_DESCRIPTION)])
    hue = hue_field()


class General(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
    description = TextAreaField(
        "Description",
        [Length(max=LONGEST_DESCRIPTION)],
        description="Customers read it where they choose among several lists.",
    )
    grouping = SelectField("Heading", coerce=int)
    hue = hue_field()


class RulesForm(MarkedForm):
    location_required = BooleanField("Ask for a location")
    reply_assigns = BooleanField("Who replies first is assigned")
    response_reopens = BooleanField(
        "A response opens a resolved ticket again",
        description="Otherwise it stays resolved and is marked as answered.",
    )
    colleagues_see = BooleanField(
        "Customers of one organisation see each other's requests",
        description="They read them, and do not answer.",
    )
    close_after_days = number(
        "Close resolved tickets after quiet days", MOST_DAYS, description="0: never."
    )
    reopen_within_days = number(
        "Closed tickets open again within days",
        MOST_DAYS,
        description="Later a response begins a new, linked ticket. 0: always the same ticket.",
    )
    answer_hours = number(
        "Customers are told to expect an answer within hours",
        MOST_HOURS,
        description="0: nothing is said.",
    )


class CategoryForm(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=100)])
    hue = hue_field()
    task_lists = CheckboxesField(
        "Only for these lists", coerce=int, description="None ticked: for all lists."
    )


class NameForm(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
