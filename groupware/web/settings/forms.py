"""The forms of the settings pages: they check shape, the use cases check rules."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField

from groupware.web.settings.saving import mark, stale

HUE_WORDS = (
    "Indigo", "Blue", "Sky", "Teal", "Green", "Lime", "Amber", "Orange", "Red", "Rose", "Pink",
    "Violet",
)  # fmt: skip


F = TypeVar("F", bound="MarkedForm")


class MarkedForm(FlaskForm):
    """A form that knows which values it was filled with."""

    base = HiddenField()

    def is_stale(self, values: Mapping[str, Any]) -> bool:
        """True on the way back, where somebody has changed the values meanwhile."""
        return stale(self.base.data, values)


def hue_field() -> RadioField:
    """One of the twelve colours."""
    choices = list(enumerate(HUE_WORDS, start=1))
    return RadioField("Colour", choices=choices, coerce=int, default=1)


def filled(form: type[F], values: Mapping[str, Any], *, sent: bool) -> F:
    """A form with these values and their mark; where it was sent, with what was sent."""
    if sent:
        return form(data=values)
    return form(formdata=None, data={**values, "base": mark(values)})
