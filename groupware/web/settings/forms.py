"""The forms of the settings pages: they check shape, the use cases check rules."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField

from groupware.web.settings.saving import mark, stale


class MarkedForm(FlaskForm):
    """A form that knows which values it was filled with."""

    base = HiddenField()

    def filled_with(self, values: Mapping[str, Any]) -> None:
        """Remember the values on the way out."""
        if not self.is_submitted():
            self.base.data = mark(values)

    def is_stale(self, values: Mapping[str, Any]) -> bool:
        """True on the way back, where somebody has changed the values meanwhile."""
        return stale(self.base.data, values)
