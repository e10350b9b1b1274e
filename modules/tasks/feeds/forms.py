"""The form of a feed."""

from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import DataRequired


class NewFeed(FlaskForm):
    feed = RadioField("What shall it show?", [DataRequired("Please choose one.")])
