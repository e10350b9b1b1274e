"""Forms of the agents' pages: they check shape, the use cases check rules."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FileField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from groupware.text import LARGEST_NUMBER, number_in, one_line
from groupware.web.settings.forms import HUE_WORDS, CheckboxesField, MarkedForm
from groupware.web.words import reader_zone
from modules.support.grouping import GROUPS
from modules.tasks.models import State, Urgency, Waiting
from modules.tasks.queue.filters import GroupBy
from modules.tasks.saved_views import Mode
from modules.tasks.tickets import Relation

URGENCIES = [SelectChoice(each.value, each.value.capitalize()) for each in Urgency]
DAY_ENDS = time(23, 59)


def _one_of(values: Iterable[str]) -> AnyOf:
    return AnyOf(tuple(values), "This cannot be chosen.")


def _number(_form: FlaskForm, field: Field) -> None:
    if number_in(field.data) is None:
        raise ValidationError("This cannot be chosen.")


class ViewForm(MarkedForm):
    name = StringField("Name", [InputRequired("Please enter a name."), Length(max=100)])
    query = StringField(
        "Filters and words",
        [Length(max=1_000)],
        description="Such as: status:open assignee:me due:<7d sort:due",
    )
    group = SelectField(
        "Group by",
        choices=[SelectChoice(by.value, word) for by, word in GROUPS.items()],
        default=GroupBy.STATUS.value,
    )
    mode = SelectField(
        "Opens as",
        choices=[SelectChoice(mode.value, mode.value.capitalize()) for mode in Mode],
        default=Mode.LIST.value,
    )
    hue = SelectField(
        "Mark",
        choices=[SelectChoice(number, word) for number, word in enumerate(("Star", *HUE_WORDS))],
        coerce=int,
        default=0,
    )
    columns = CheckboxesField(
        "Columns", description="Beside number and subject. None chosen: the usual ones."
    )


class PropertyForm(FlaskForm):
    """A change of one property, with the value that it was based on."""

    was = HiddenField()

    def stale(self, current: str) -> bool:
        """True where somebody else has changed it meanwhile, to something else than is asked for."""
        was = self.was.data
        based = was is not None and "was" in ((self.was.raw_data and {"was"}) or ())
        return based and was != current and self.wish() != current

    def wish(self) -> str:
        """What is asked for, written as `was` is."""
        raise NotImplementedError


class StateForm(PropertyForm):
    status = StringField("Status", [_one_of(State)])

    def wish(self) -> str:
        return self.status.data or ""


class UrgencyForm(PropertyForm):
    urgency = StringField("Urgency", [_one_of(Urgency)])

    def wish(self) -> str:
        return self.urgency.data or ""


class AssigneeForm(PropertyForm):
    assignee = StringField("Assignee", [Optional(), _number])

    def wish(self) -> str:
        return self.assignee.data or ""


class TaskListForm(PropertyForm):
    task_list = StringField("Task list", [InputRequired("Please choose a list."), _number])

    def wish(self) -> str:
        return self.task_list.data or ""


class Numbers(Field):
    """Several ids."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [value for value in valuelist if value]
        if any(number_in(value) is None for value in self.data):
            raise ValueError("This cannot be chosen.")


class CategoriesForm(PropertyForm):
    categories = Numbers("Categories")

    def wish(self) -> str:
        return categories_wish(int(each) for each in self.categories.data or ())


class LocationForm(PropertyForm):
    location = StringField("Location", [Optional(), _number])

    def wish(self) -> str:
        return self.location.data or ""


class DueForm(PropertyForm):
    """A date, and a time where it matters; in the zone of who types. No date clears it."""

    due = DateField("Date", [Optional()])
    time = TimeField("Time", [Optional()])
    clear = BooleanField()

    def validate_time(self, field: Field) -> None:
        if field.data and not self.due.data and not self.due.errors:
            raise ValidationError("Please give a date too.")

    def is_date(self) -> bool:
        return not self.clear.data and self.due.data is not None and self.time.data is None

    def moment(self) -> datetime | None:
        """When it is due; a date alone ends with its day."""
        if self.clear.data or not self.due.data:
            return None
        return in_zone(self.due.data, self.time.data or DAY_ENDS)

    def wish(self) -> str:
        return due_wish(self.moment(), is_date=self.is_date())


class WaitingForm(PropertyForm):
    waiting = StringField("Waiting for", [Optional(), _one_of(Waiting)])
    until = DateTimeLocalField("Until", [Optional()], format=["%Y-%m-%dT%H:%M"])

    def moment(self) -> datetime | None:
        at = self.until.data
        return in_zone(at.date(), at.time()) if at else None

    def wish(self) -> str:
        waiting = self.waiting.data or ""
        return waiting_wish(waiting, self.moment() if waiting == Waiting.UNTIL else None)


class WhoForm(FlaskForm):
    """Somebody, by number once chosen, by name or address before."""

    person = StringField("Person", [Optional(), _number])
    who = StringField("Name or address", [Length(max=200)])
    was = HiddenField()

    def words(self) -> str:
        return one_line(self.who.data or "")


class LinkForm(FlaskForm):
    """Another ticket by its number, or a page by its address."""

    link = StringField("Number or address", [InputRequired("Please give a number or an address.")])
    relation = StringField("Relation", [Optional(), _one_of(Relation)])

    def number(self) -> int:
        """The ticket's number, or 0 where it is none."""
        return number_in(one_line(self.link.data or "").removeprefix("#")) or 0

    def is_address(self) -> bool:
        """True where something else than a number was typed."""
        return ":" in (self.link.data or "")


class MergeForm(FlaskForm):
    """Into which ticket, and whether the people of both read the whole."""

    into = StringField("Number of the other ticket", [InputRequired("Please give its number.")])
    admit = BooleanField()

    def number(self) -> int:
        """The ticket's number, or 0 where it is none."""
        return number_in(one_line(self.into.data or "").removeprefix("#")) or 0


class SplitForm(FlaskForm):
    """The subject of what becomes a ticket of its own."""

    subject = StringField("Subject", [Length(max=200)])


class ItemForm(FlaskForm):
    """A line of a checklist, and who is to do it."""

    text = StringField("What is to be done", [Length(max=500)])
    assignee = StringField("Assignee", [Optional(), _number])


class AnswerForm(FlaskForm):
    """A reply or a note, and what is done with it at once."""

    kind = StringField("Kind", [_one_of(("reply", "note"))], default="reply")
    body = TextAreaField("Message")
    then = StringField("Then", [Optional(), _one_of(("resolved", "waiting"))])
    seen_comment = IntegerField(validators=[Optional(), NumberRange(min=0, max=LARGEST_NUMBER)])
    idempotency_key = StringField(validators=[Length(max=100)])
    attachments = MultipleFileField("Attachments")


class DraftForm(FlaskForm):
    """What stands in the composer now; `idempotency_key` is the key it will be sent with."""

    kind = StringField(validators=[_one_of(("reply", "note"))], default="reply")
    body = TextAreaField()
    idempotency_key = StringField(validators=[Length(max=100)])
    share = BooleanField()


class CommentForm(FlaskForm):
    """The text of a message that is edited."""

    body = TextAreaField("Message")


class DetailsForm(FlaskForm):
    """Subject and details, with a mark of what they were."""

    subject = StringField("Subject")
    details = TextAreaField("Details")
    was = HiddenField()


class NewTicketForm(FlaskForm):
    """A request in a customer's name; the view gives the choices."""

    subject = StringField("Subject")
    details = TextAreaField("Details")
    urgency = RadioField(
        "Urgency", [InputRequired("Urgency is required.")], choices=URGENCIES, default="normal"
    )
    task_list = SelectField("Task list", coerce=str)
    location = SelectField("Location", coerce=str)
    attachments = FileField("Attachments")
    idempotency_key = StringField(validators=[Length(max=100)])


def until_of(text: str) -> datetime | None:
    """A moment as its field sends it, in the reader's zone; None for anything else."""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007  # the zone comes next
    except ValueError:
        return None
    return in_zone(at.date(), at.time())


def in_zone(day: date, at: time) -> datetime:
    """A day and time of the reader's zone."""
    return datetime.combine(day, at, tzinfo=reader_zone()).astimezone(UTC)


def due_wish(due: datetime | None, *, is_date: bool) -> str:
    """A due date as `was` has it."""
    return f"{due.astimezone(UTC):%Y%m%dT%H%M%SZ}{'d' if is_date else ''}" if due else ""


def waiting_wish(waiting: str, until: datetime | None) -> str:
    """What a ticket waits for as `was` has it."""
    return f"{waiting}{until.astimezone(UTC):%Y%m%dT%H%M%SZ}" if until else str(waiting)


def categories_wish(ids: Iterable[int]) -> str:
    """Categories as `was` has them."""
    return ",".join(str(each) for each in sorted(ids))


def typed(form: Any) -> dict[str, str]:
    """What was typed into a form, as it was, to be sent again."""
    return {
        field.name: field.raw_data[0]
        for field in form
        if field.type != "CSRFTokenField" and getattr(field, "raw_data", None)
    }
