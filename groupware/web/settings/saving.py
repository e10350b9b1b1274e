"""Two people who save at once: the second is told, sees both, and loses nothing.

A form carries a mark of the values that it was filled with. Where they are others by the time that
it comes back, `overtaken` shows what there is now beside what was typed, and sends the latter again
with a new mark, if the person says so.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select

from groupware.web.request import SAFE_METHODS, one, page

T = TypeVar("T")
Values = Mapping[str, Any]

NOT_SHOWN = ("csrf_token", "base")


@dataclass(frozen=True)
class Difference:
    """A field that is now something else than what was typed."""

    label: str
    now: str
    yours: str


def mark(values: Values) -> str:
    """The same for the same values, and another for others."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]


def stale(base: str | None, values: Values) -> bool:
    """True where somebody has changed these values since the form was filled with them."""
    return base != mark(values)


def locked(query: Select[T]) -> T:
    """The one visible row; to be written, it is held until this request ends."""
    if request.method in SAFE_METHODS:
        return one(query)
    return one(query.with_for_update().execution_options(populate_existing=True))


def overtaken(form: FlaskForm, values: Values, *, keep: str) -> ResponseReturnValue | None:
    """What is shown where somebody has changed the values that the form was filled with; else None."""
    if not stale(form["base"].data, values):
        return None
    differences = [
        Difference(field.label.text, _shown(field, values[field.name]), _shown(field, field.data))
        for field in form
        if field.name in values and field.data != values[field.name]
    ]
    return conflict(differences, values, keep=keep)


def conflict(
    differences: Sequence[Difference], values: Values, *, keep: str
) -> ResponseReturnValue:
    """Both, side by side (409); `keep` is where what is there now can be seen."""
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_SHOWN]
    return page(
        "settings/conflict.html", 409, differences=differences, sent=sent, base=mark(values),
        keep=keep,
    )  # fmt: skip


def _shown(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    values = value if isinstance(value, list | tuple | set) else [value]
    words = {str(each.value): each.label for each in getattr(field, "choices", None) or ()}
    return ", ".join(words.get(str(each), str(each)) for each in values)


def ask(
    title: str,
    lines: Sequence[str],
    *,
    button: str,
    back: str,
    kind: str = "danger",
    items: Sequence[Any] = (),
) -> ResponseReturnValue:
    """Ask before an act that is hard to undo: the page posts to its own address."""
    return page(
        "settings/ask.html", title=title, lines=lines, button_text=button, back=back, kind=kind,
        items=items,
    )  # fmt: skip
