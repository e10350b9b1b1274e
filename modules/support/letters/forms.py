"""The forms of the pages about letters."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from groupware.web.settings.forms import MarkedForm
from modules.tasks.letters.models import Acknowledge


class WordsForm(MarkedForm):
    subject = StringField("Subject", [Length(max=1000)])
    text = TextAreaField("Text", [Length(max=100_000)])
    html = TextAreaField(
        "HTML", [Length(max=100_000)], description="Empty: made from the text above."
    )


class MannerForm(MarkedForm):
    mailbox_id = SelectField(
        "Writes from", coerce=int, description="Answers come back to the same mailbox."
    )
    acknowledge = SelectField(
        "Acknowledge new requests",
        choices=[
            SelectChoice(Acknowledge.MAIL.value, "Those that came by e-mail"),
            SelectChoice(Acknowledge.ALWAYS.value, "All"),
            SelectChoice(Acknowledge.NEVER.value, "None"),
        ],
        description="Never to what machines send, once a ticket, 3 an hour for one address.",
    )
    tell_resolved = BooleanField("Tell customers when a request is resolved")
    tell_closed = BooleanField("Tell customers when a request is closed")
    tell_handed_over = BooleanField("Tell customers who looks after their request")
    quote = BooleanField("Quote the customer's own last message below a reply")
    signature = TextAreaField(
        "Signature",
        [Length(max=5000)],
        description="Below every reply by e-mail. {agent}, {brand} and {list} are filled in.",
    )


class SignatureForm(FlaskForm):
    signature = TextAreaField(
        "Signature",
        [Length(max=5000)],
        description="Below your replies by e-mail, above the list's own. Empty: your name.",
    )
