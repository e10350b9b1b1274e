"""What is asked of a custom field: its number, and what people typed of its value."""

import re
from dataclasses import dataclass

LONGEST = 200

_WRITTEN = re.compile(r"([1-9][0-9]{0,8}):(.+)", re.ASCII | re.DOTALL)
_KEPT_APART = {"%": "%25", ",": "%2C", '"': "%22"}


@dataclass(frozen=True)
class Said:
    """`high`, `>3`, `3..8`, `~part`, `none` or `any`, of the field with this number."""

    field_id: int
    text: str

    @classmethod
    def read(cls, text: str) -> "Said":
        """What `str` wrote; raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if not found or len(text) > 3 * LONGEST:
            raise ValueError(text)
        said = found[2]
        for letter, instead in reversed(_KEPT_APART.items()):
            said = said.replace(instead, letter)
        return cls(int(found[1]), said[:LONGEST])

    def __str__(self) -> str:
        said = self.text
        for letter, instead in _KEPT_APART.items():
            said = said.replace(letter, instead)
        return f"{self.field_id}:{said}"
