"""Placeholders in canned texts: a fixed set, replaced once; no language, nothing is evaluated."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from groupware.errors import Invalid
from groupware.models import User
from groupware.text import one_line
from modules.tasks.models import Task

LONGEST_VALUE = 200
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.]*)\}", re.ASCII)


@dataclass(frozen=True)
class Occasion:
    """Where a text is used, and by whom."""

    ticket: Task
    writer: User
    desk: str


PLACEHOLDERS: Mapping[str, tuple[str, Callable[[Occasion], str]]] = {
    "customer.first_name": (
        "the customer's first name",
        lambda at: at.ticket.customer.first_name if at.ticket.customer else "",
    ),
    "customer.name": (
        "the customer's whole name",
        lambda at: at.ticket.customer.name if at.ticket.customer else "",
    ),
    "ticket.number": ("the ticket's number", lambda at: str(at.ticket.id)),
    "ticket.subject": ("its subject", lambda at: at.ticket.summary),
    "ticket.list": ("its task list", lambda at: at.ticket.task_list.name),
    "ticket.location": (
        "its location",
        lambda at: at.ticket.location.name if at.ticket.location else "",
    ),
    "agent.first_name": ("your first name", lambda at: at.writer.first_name),
    "agent.name": ("your whole name", lambda at: at.writer.name),
    "desk.name": ("this desk's name", lambda at: at.desk),
}
"""Each with what it stands for. What only staff sees is not among them."""


def check(body: str) -> None:
    """Refuse placeholders that nothing stands behind."""
    unknown = sorted({name for name in _PLACEHOLDER.findall(body) if name not in PLACEHOLDERS})
    if unknown:
        raise Invalid(
            body=f"There is no placeholder {{{unknown[0]}}}. "
            f"There are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
        )


def expand(body: str, occasion: Occasion) -> str:
    """The text with its placeholders filled in; what they hold is not looked through again."""

    def value(found: re.Match[str]) -> str:
        known = PLACEHOLDERS.get(found[1])
        return one_line(known[1](occasion))[:LONGEST_VALUE] if known else found[0]

    return _PLACEHOLDER.sub(value, body)
