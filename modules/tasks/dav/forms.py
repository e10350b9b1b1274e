"""The form of an app password."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class NewAppPassword(FlaskForm):
    name = StringField(
        "Which device or app is it for?", [DataRequired("Please name it."), Length(max=200)]
    )
