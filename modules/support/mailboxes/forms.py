"""The forms of the mailboxes' pages."""

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from groupware.web.settings.forms import MarkedForm
from modules.tasks.mail.managing import FIELDS

PROTOCOLS = {"imap": "IMAP", "pop3": "POP3", "none": "No server: LMTP, a pipe or files bring it"}
TLS = {"tls": "TLS from the start", "starttls": "STARTTLS", "plain": "None (this machine only)"}
AUTH = {"password": "Password", "xoauth2": "XOAUTH2 (Microsoft 365, Google)"}
AFTER = {"flag": "Marked as read", "keep": "Left as it is", "delete": "Deleted there"}
UNKNOWN = {
    "contact": "Becomes a ticket without an account",
    "register": "Becomes a ticket of a new, unverified account",
    "quarantine": "Waits in quarantine",
    "reject": "Is put out of the way",
}


def choices(words: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in words.items()]


def port_field(label: str) -> IntegerField:
    text = "Please enter a number from 1 to 65535."
    return IntegerField(label, [InputRequired(text), NumberRange(1, 65535, text)])


class MailboxForm(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=200)])
    address = EmailField(
        "Address",
        [InputRequired("Please enter an address."), Length(max=320)],
        description="What people write to.",
    )
    aliases = TextAreaField("Other addresses of it", [Length(max=5000)], description="A line each.")
    task_list_id = SelectField("Its mail goes to", coerce=int)
    location_id = SelectField("Location where a sender has none of their own", coerce=int)
    unknown = SelectField("Mail from somebody unknown", choices=choices(UNKNOWN))
    register_group_id = SelectField(
        "Group of new accounts", coerce=int, description="It may ask for support and nothing more."
    )
    protocol = SelectField("Fetched by", choices=choices(PROTOCOLS))
    host = StringField("Server", [Length(max=255)])
    port = port_field("Port")
    tls = SelectField("Encryption", choices=choices(TLS))
    folder = StringField("Folder", [Length(max=200)])
    user = StringField("User", [Length(max=320)])
    auth = SelectField("Signs in by", choices=choices(AUTH))
    secret = PasswordField(
        "Password", description="Kept encrypted and never shown. Empty: it stays as it is."
    )
    after = SelectField("On the server, mail that is here is", choices=choices(AFTER))
    allow_large = BooleanField(
        "Fetch mails over 30 MB whole", description="Otherwise their beginning becomes a ticket."
    )
    authserv_id = StringField(
        "Server whose checks of senders count",
        [Length(max=255)],
        description="Its name in Authentication-Results; for Microsoft 365 the word microsoft. "
        "Empty: no mail counts as proven.",
    )
    plus_addresses = BooleanField(
        "Addresses with a plus reach it",
        description="As support+t12.…@: answers then find their ticket whatever a program leaves out.",
    )
    smtp_host = StringField(
        "Server", [Length(max=255)], description="Empty: the desk's own mail server."
    )
    smtp_port = port_field("Port")
    smtp_tls = SelectField("Encryption", choices=choices(TLS))
    smtp_user = StringField("User", [Length(max=320)])
    smtp_auth = SelectField("Signs in by", choices=choices(AUTH))
    smtp_secret = PasswordField(
        "Password", description="Kept encrypted and never shown. Empty: it stays as it is."
    )
    from_name = StringField("Name shown as sender", [Length(max=200)])
    from_address = EmailField(
        "Address shown as sender", [Length(max=320)], description="Empty: the mailbox's address."
    )


class RuleForm(FlaskForm):
    field = SelectField("Where", choices=choices(FIELDS))
    words = StringField("holds", [InputRequired("Please enter words."), Length(max=200)])
    task_list_id = SelectField("goes to", coerce=int)


class ConnectForm(FlaskForm):
    provider = SelectField(
        "Provider", choices=choices({"microsoft": "Microsoft 365", "google": "Google"})
    )
    client_id = StringField(
        "Client ID", [InputRequired("Please enter the client ID."), Length(max=300)]
    )
    client_secret = PasswordField("Client secret")
    tenant = StringField(
        "Directory (tenant) ID",
        [
            Optional(),
            Regexp(r"[A-Za-z0-9.-]{1,100}\Z", message="It is like 0f1e2d3c-… or example.org."),
        ],
        description="Microsoft 365 alone, where the application is for one organisation.",
    )
