"""What a macro does, as it is kept: a few steps, each by the name of what it changes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from groupware.errors import Invalid
from groupware.text import cleaned
from modules.tasks.canned import placeholders
from modules.tasks.canned.texts import LONGEST
from modules.tasks.models import Kind, State, Urgency, Waiting

ME, NOBODY = "me", "nobody"
NOT_WAITING = "none"
MOST_DAYS = 365


@dataclass(frozen=True)
class Steps:
    """Changes of a ticket, and a message; what is empty changes nothing."""

    state: str = ""
    assignee: str = ""  # me, nobody, or somebody's id
    urgency: str = ""
    waiting: str = ""  # customer, third_party, none
    due_days: int | None = None  # from when it runs
    task_list: int | None = None
    add_categories: tuple[int, ...] = ()
    remove_categories: tuple[int, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)  # custom fields by slug; None clears
    kind: str = Kind.REPLY
    body: str = ""  # of the message, with placeholders
    canned: int | None = None  # a canned reply, in place of a body

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Steps":
        """What was kept; what this version does not know is left out."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        for name in ("add_categories", "remove_categories"):
            values[name] = tuple(values.get(name) or ())
        return cls(**values)

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it: only what changes something."""
        empty = asdict(Steps())
        values = {name: value for name, value in asdict(self).items() if value != empty[name]}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    def checked(self) -> "Steps":
        """The same, or Invalid where a step cannot be."""
        for name, allowed in (
            ("state", set(State)),
            ("urgency", set(Urgency)),
            ("waiting", {Waiting.CUSTOMER, Waiting.THIRD_PARTY, NOT_WAITING}),
        ):
            if getattr(self, name) and getattr(self, name) not in allowed:
                raise Invalid(**{name: "This cannot be chosen."})
        if self.kind not in set(Kind):
            raise Invalid(kind="A message is a reply or a note.")
        if self.due_days is not None and not 0 <= self.due_days <= MOST_DAYS:
            raise Invalid(due_days=f"Please enter a number from 0 to {MOST_DAYS}.")
        body = cleaned(self.body).strip()
        if len(body) > LONGEST:
            raise Invalid(body=f"This is longer than {LONGEST:,} characters.")
        placeholders.check(body)
        if body and self.canned:
            raise Invalid(canned="Either write a text here, or choose a canned reply.")
        checked = Steps(**{**asdict(self), "body": body})
        if not checked.kept().keys() - {"kind"}:
            raise Invalid("A macro does at least one thing.")
        return checked
