"""What each kind of field takes, keeps, says, and is found by.

| kind | kept in JSON as | found by |
|---|---|---|
| text, long text, link, choice | text | the folded text |
| several choices | a list of texts | each of them |
| number | a number | itself |
| date | "2026-03-02" | the day's ordinal |
| time | "14:30" | the minute of the day |
| yes/no | true, false | 1, 0 |
| person | their id | it |
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from urllib.parse import urlsplit

from groupware.errors import Invalid
from groupware.text import LARGEST_NUMBER, cleaned, one_line
from modules.tasks.fields.models import CustomField, FieldKind

LONGEST_LINE = 500
LONGEST_TEXT = 10_000
LONGEST_LINK = 2_000
LONGEST_WORD = 200
LARGEST = 10**15
YES = frozenset({"yes", "true", "on", "1"})
NO = frozenset({"no", "false", "off", "0"})

WORDS = {
    FieldKind.TEXT: "Text",
    FieldKind.LONG_TEXT: "Long text",
    FieldKind.NUMBER: "Number",
    FieldKind.DATE: "Date",
    FieldKind.TIME: "Time",
    FieldKind.YES_NO: "Yes or no",
    FieldKind.CHOICE: "Choice",
    FieldKind.CHOICES: "Several choices",
    FieldKind.PERSON: "Person",
    FieldKind.LINK: "Link",
}


def parsed(field: CustomField, raw: Any, *, kept: Any = None) -> Any:
    """What was typed or sent, as it is kept; None for nothing, Invalid for what cannot be.

    A choice that is no longer offered stays where it is `kept` already. A person is not looked up
    here: what was typed comes back as text, an id as a number.
    """
    if raw is None or raw in ("", []):
        return None
    return _PARSERS[field.sort](field, raw, kept)


def in_words(field: CustomField, value: Any, people: Mapping[int, str]) -> str:
    """A kept value as a line that a person, or a program, reads."""
    if value is None:
        return ""
    if field.sort is FieldKind.YES_NO:
        return "Yes" if value else "No"
    if field.sort is FieldKind.PERSON:
        return people.get(value, "somebody")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def keys(field: CustomField, value: Any) -> list[tuple[str | None, float | None]]:
    """The words or numbers by which a kept value is found."""
    if value is None:
        return []
    if field.sort is FieldKind.DATE:
        return [(None, float(date.fromisoformat(value).toordinal()))]
    if field.sort is FieldKind.TIME:
        at = time.fromisoformat(value)
        return [(None, float(at.hour * 60 + at.minute))]
    if isinstance(value, bool | int | float):
        return [(None, float(value))]
    several = value if isinstance(value, list) else [value]
    return [(folded(each), None) for each in several]


def folded(text: str) -> str:
    """Text as it is compared: case and doubled space make no difference."""
    return " ".join(text.casefold().split())[:LONGEST_WORD]


def is_kept(field: CustomField, value: Any) -> bool:
    """True where a value is one that this kind keeps: what was kept by another kind is none."""
    kinds: dict[FieldKind, Callable[[Any], bool]] = {
        FieldKind.NUMBER: lambda value: type(value) in (int, float),
        FieldKind.PERSON: lambda value: type(value) is int,
        FieldKind.YES_NO: lambda value: isinstance(value, bool),
        FieldKind.CHOICES: lambda value: isinstance(value, list),
    }
    return kinds.get(field.sort, lambda value: isinstance(value, str))(value)


def _text(_field: CustomField, raw: Any, _kept: Any) -> str | None:
    text = one_line(_said(raw))
    if len(text) > LONGEST_LINE:
        raise Invalid(f"This is longer than {LONGEST_LINE} characters.")
    return text or None


def _long_text(_field: CustomField, raw: Any, _kept: Any) -> str | None:
    text = cleaned(_said(raw)).strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"This is longer than {LONGEST_TEXT:,} characters.")
    return text or None


def _number(_field: CustomField, raw: Any, _kept: Any) -> float | int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Invalid("Please enter a number.")
    text = str(raw).strip().replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    if "," in text and "." not in text and text.count(",") == 1:
        text = text.replace(",", ".")
    if not text:
        return None
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > LARGEST:
        raise Invalid("Please enter a number.")
    return int(number) if number.is_integer() else number


def _date(_field: CustomField, raw: Any, _kept: Any) -> str:
    try:
        return date.fromisoformat(_said(raw).strip()).isoformat()
    except ValueError:
        raise Invalid("Please enter a date, such as 2026-03-02.") from None


def _time(_field: CustomField, raw: Any, _kept: Any) -> str:
    try:
        at = time.fromisoformat(_said(raw).strip())
    except ValueError:
        raise Invalid("Please enter a time, such as 14:30.") from None
    return f"{at:%H:%M}"


def _yes_no(_field: CustomField, raw: Any, _kept: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    said = _said(raw).strip().casefold()
    if said not in YES | NO:
        raise Invalid("Please choose yes or no.")
    return said in YES


def _choice(field: CustomField, raw: Any, kept: Any) -> str:
    said = _said(raw)
    if said not in field.choices and said != kept:
        raise Invalid("Please choose one of these.")
    return said


def _choices(field: CustomField, raw: Any, kept: Any) -> list[str] | None:
    said = [_said(each) for each in (raw if isinstance(raw, list | tuple) else [raw]) if each != ""]
    before = kept if isinstance(kept, list) else []
    if not set(said) <= {*field.choices, *before}:
        raise Invalid("Please choose from these.")
    # In the field's own order, each once.
    return [each for each in dict.fromkeys([*field.choices, *before]) if each in said] or None


def _person(_field: CustomField, raw: Any, _kept: Any) -> int | str | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        if not 0 < raw <= LARGEST_NUMBER:
            raise Invalid("Nobody of this name or address can be chosen.")
        return raw
    return one_line(_said(raw))[:LONGEST_LINE] or None


def _link(_field: CustomField, raw: Any, _kept: Any) -> str:
    text = one_line(_said(raw))
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        plain = parts.hostname and parts.username is None and (parts.port is None or parts.port)
        good = parts.scheme in ("http", "https") and plain and " " not in text
    except ValueError:
        good = False
    if not good or len(text) > LONGEST_LINK:
        raise Invalid("Please enter a web address, such as https://example.org/page.")
    return text


def _said(raw: Any) -> str:
    if not isinstance(raw, str):
        raise Invalid("Please enter text.")
    return raw


_PARSERS: dict[FieldKind, Callable[[CustomField, Any, Any], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _long_text,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.TIME: _time,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.PERSON: _person,
    FieldKind.LINK: _link,
}
