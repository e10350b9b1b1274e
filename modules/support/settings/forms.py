"""The Support panel's forms."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from groupware.web.settings.forms import CheckboxesField, MarkedForm, hue_field
from modules.support.changes import STATES, URGENCIES
from modules.tasks.fields.kinds import WORDS
from modules.tasks.fields.managing import LONGEST_HELP
from modules.tasks.lists import LONGEST_DESCRIPTION, MOST_DAYS, MOST_HOURS
from modules.tasks.macros.steps import MOST_DAYS as MOST_DAYS_AHEAD


def _choices(nothing: str, words: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice("", nothing), *(SelectChoice(key, word) for key, word in words.items())]


def number(label: str, most: int, **values: Any) -> IntegerField:
    text = f"Please enter a whole number from 0 to {most:,}."
    validators = [InputRequired(text), NumberRange(0, most, text)]
    return IntegerField(label, validators, **values)


class FieldForm(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=100)])
    kind = SelectField(
        "Kind", choices=[SelectChoice(kind.value, word) for kind, word in WORDS.items()]
    )
    help = StringField(
        "Help", [Length(max=LONGEST_HELP)], description="Stands below the field in forms."
    )
    choices = TextAreaField(
        "Choices",
        description="A line each. A choice taken away stays on the tickets that have it.",
    )
    default = TextAreaField(
        "Default",
        description="Stands in the form, and on tickets that come by mail. For several choices a line each.",
    )
    required = BooleanField("Required", description="Who is asked must answer.")
    public = BooleanField(
        "Customers are asked, and see it",
        description="Otherwise only staff sees it, on pages, in search, in calendars and in the history.",
    )
    depends_on = SelectField("Asked only where", validate_choice=False)
    depends_value = StringField("is", [Length(max=200)])


class LabelForm(MarkedForm):
    """How something that agents keep at hand is called, and whose it is."""

    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=100)])
    category = StringField(
        "Category", [Length(max=100)], description="A word to sort and find it by."
    )
    task_list = SelectField(
        "Offered in",
        default="",
        description="What belongs to a list is offered in its tickets, to everybody who answers there.",
    )


class CannedForm(LabelForm):
    body = TextAreaField("Text", [InputRequired("Please write something.")])


class MacroForm(LabelForm):
    state = SelectField("Status", default="", choices=_choices("Leave it", STATES))
    assignee = SelectField("Assignee", default="")
    urgency = SelectField("Urgency", default="", choices=_choices("Leave it", URGENCIES))
    waiting = SelectField(
        "Waiting",
        default="",
        choices=_choices(
            "Leave it",
            {
                "customer": "For the customer",
                "third_party": "For a third party",
                "none": "Not waiting",
            },
        ),
    )
    due_days = IntegerField("Due in so many days", [Optional(), NumberRange(0, MOST_DAYS_AHEAD)])
    to_list = SelectField("Move to", default="")
    add_categories = CheckboxesField("Add categories")
    remove_categories = CheckboxesField("Take categories off")
    fields = TextAreaField(
        "Custom fields",
        description="A line each, such as “device: Printer”; without a value the field is cleared.",
    )
    kind = RadioField(
        "Message",
        choices=[SelectChoice("reply", "Reply to the customer"), SelectChoice("note", "Note")],
        default="reply",
    )
    canned = SelectField("Canned reply", default="")
    body = TextAreaField("Or this text")


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
    replies_in_calendar = BooleanField(
        "Calendars show the latest replies",
        description="As comments of each task, to whoever may read them. Never a note.",
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


class WebhookForm(MarkedForm):
    url = StringField(
        "Address",
        [InputRequired("Please enter an address."), Length(max=2000)],
        description="Of the open internet, on port 80 or 443.",
    )
    events = CheckboxesField("Told when", description="None ticked: of everything.")
