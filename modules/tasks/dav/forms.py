"""The forms of an app password, and of alarms."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from modules.tasks.icalendar.alarms import CHOICES

NEVER = ""


class NewAppPassword(FlaskForm):
    name = StringField(
        "Which device or app is it for?", [DataRequired("Please name it."), Length(max=200)]
    )


class Alarms(FlaskForm):
    minutes = SelectField(
        "Remind me of tickets",
        choices=[
            SelectChoice(NEVER, "Never"),
            *(SelectChoice(str(each), words) for each, words in CHOICES.items()),
        ],
    )
    mine = BooleanField("Only of those that are assigned to me")
