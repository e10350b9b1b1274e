"""What end users fill in: forms check the shape, use cases the rules."""

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from modules.tasks.models import Urgency
from modules.tasks.tickets import LONGEST_SUBJECT, LONGEST_TEXT

URGENCIES = [SelectChoice(level.value, level.value.capitalize()) for level in Urgency]


class Update(FlaskForm):
    """Subject and details; `base` tells which text was on the page when it was opened."""

    subject = StringField(
        "Subject",
        [InputRequired("Subject is required.")],
        render_kw={"maxlength": LONGEST_SUBJECT},
    )
    details = TextAreaField(
        "Details",
        [InputRequired("Details are required.")],
        render_kw={"rows": 6, "maxlength": LONGEST_TEXT},
    )
    base = HiddenField()


class NewRequest(Update):
    """A new request."""

    task_list = SelectField("What is it about?", validate_choice=False)
    urgency = RadioField(
        "Urgency",
        [InputRequired("Urgency is required.")],
        choices=URGENCIES,
        default=Urgency.NORMAL.value,
        invalid_choice_message="Please choose one of these.",
    )
    location = SelectField("Location", validate_choice=False)
    attachments = MultipleFileField("Attachments")
    idempotency_key = HiddenField()


class Response(FlaskForm):
    """What somebody adds to their request."""

    body = TextAreaField("Add your response", render_kw={"rows": 4, "maxlength": LONGEST_TEXT})
    attachments = MultipleFileField("Attachments")
    idempotency_key = HiddenField()


class Correction(FlaskForm):
    """What somebody wrote, put right."""

    body = TextAreaField(
        "Your response",
        [InputRequired("Please write something.")],
        render_kw={"rows": 6, "maxlength": LONGEST_TEXT},
    )
