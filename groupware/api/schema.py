"""Frozen dataclasses as JSON: read with all that is wrong by field, written, and described.

One declaration serves all three: the type, its default (a field without one is required), and what
`Says` adds to it.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from groupware.text import LARGEST_NUMBER, cleaned

LONGEST = 100_000
MOST_ITEMS = 100


class Unset(Enum):
    """The value of a field that was not sent, where null means something else."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True)
class Says:
    """What a field's type does not tell: `most` and `least` limit a number, a text's or list's length."""

    text: str = ""
    least: int | None = None
    most: int | None = None
    example: Any = None
    reference: bool = False  # `{"id": 3, ...}` is taken for 3, so that what was read can be sent


Id = Annotated[int, Says("The id.", least=1, most=LARGEST_NUMBER, reference=True)]


@dataclass(frozen=True)
class Ref:
    """Something by its id, with its name."""

    id: int
    name: str


class Wrong(Exception):
    """A value is not what its type wants; the text says so to whoever sent it."""


@dataclass(frozen=True)
class Part:
    """A field of a dataclass, as it is read and described."""

    name: str
    kind: Any
    says: Says
    required: bool
    default: Any = None


@cache
def parts(shape: type) -> Mapping[str, Part]:
    """The fields of a dataclass, by name."""
    hints = get_type_hints(shape, include_extras=True)
    return {each.name: _part(each, hints[each.name]) for each in fields(shape)}


def read(
    shape: type, sent: Mapping[str, Any], *, texts: bool = False
) -> tuple[Any, dict[str, str]]:
    """The dataclass of what was sent, or None with what is wrong by field.

    `texts` are the values of an address: numbers and such are read out of them.
    """
    known, wrong = parts(shape), {}
    values: dict[str, Any] = {}
    for name in sent:
        if name not in known:
            wrong[str(name)[:100]] = "There is no such field."
    for name, part in known.items():
        if name not in sent:
            if part.required:
                wrong[name] = f"{name.replace('_', ' ').capitalize()} is required."
            continue
        try:
            values[name] = value_of(part.kind, sent[name], part.says, texts=texts)
        except Wrong as problem:
            wrong[name] = str(problem)
    return (None, wrong) if wrong else (shape(**values), {})


def value_of(kind: Any, sent: Any, says: Says, *, texts: bool = False) -> Any:
    """A value of this type; raises Wrong."""
    kind, says = _plain(kind, says)
    if options := _options(kind):
        return _one_of(options, sent, says, texts=texts)
    if get_origin(kind) is list:
        return _list(get_args(kind)[0], sent, says, texts=texts)
    if get_origin(kind) is dict:
        return _mapping(sent)
    if is_dataclass(kind):
        return _nested(kind, sent)
    if issubclass(kind, StrEnum):
        return _word(kind, sent)
    return READERS[kind](sent, says, texts)


def written(value: Any) -> Any:
    """A value in JSON's own types."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: written(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [written(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _part(field: Field[Any], kind: Any) -> Part:
    says = said_of(kind) if get_origin(kind) is Annotated else Says()
    required = field.default is MISSING and field.default_factory is MISSING
    default = field.default if field.default is not MISSING else None
    return Part(field.name, kind, says, required, default)


def merged(outer: Says, inner: Says) -> Says:
    """What two annotations say of one type; the outer one's word holds."""
    return Says(
        outer.text or inner.text,
        outer.least if outer.least is not None else inner.least,
        outer.most if outer.most is not None else inner.most,
        outer.example if outer.example is not None else inner.example,
        outer.reference or inner.reference,
    )


def said_of(kind: Any) -> Says:
    """What all annotations of a type say of it: Python lays one on another flat, the outer last."""
    says = Says()
    for each in get_args(kind)[1:]:
        says = merged(each, says) if isinstance(each, Says) else says
    return says


def _plain(kind: Any, says: Says) -> tuple[Any, Says]:
    """A type without its annotations, and what they say."""
    while get_origin(kind) is Annotated:
        kind, says = get_args(kind)[0], merged(says, said_of(kind))
    return kind, says


def _options(kind: Any) -> tuple[Any, ...]:
    """The types of a union, in which nobody sends `Unset`."""
    if get_origin(kind) not in (Union, types.UnionType):
        return ()
    return tuple(each for each in get_args(kind) if each is not Unset)


def _one_of(options: tuple[Any, ...], sent: Any, says: Says, *, texts: bool) -> Any:
    if type(None) in options:
        if sent is None:
            return None
        options = tuple(each for each in options if each is not type(None))
    for option in options[:-1]:
        try:
            return value_of(option, sent, says, texts=texts)
        except Wrong:
            continue
    return value_of(options[-1], sent, says, texts=texts)


def _list(kind: Any, sent: Any, says: Says, *, texts: bool) -> list[Any]:
    if texts and isinstance(sent, str):
        sent = [each for each in sent.split(",") if each]
    if not isinstance(sent, list):
        raise Wrong("This has to be a list.")
    most = says.most if says.most is not None else MOST_ITEMS
    if len(sent) > most:
        raise Wrong(f"At most {most} of these.")
    return [value_of(kind, each, Says(), texts=texts) for each in sent]


def _mapping(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise Wrong("This has to be an object.")
    return {cleaned(name): _loose(each) for name, each in sent.items()}


def _loose(sent: Any) -> Any:
    """A value whose type nobody has declared: its texts are cleaned like all others."""
    if isinstance(sent, dict):
        return {cleaned(name): _loose(each) for name, each in sent.items()}
    if isinstance(sent, list):
        return [_loose(each) for each in sent]
    return cleaned(sent) if isinstance(sent, str) else sent


def _nested(kind: Any, sent: Any) -> Any:
    if not isinstance(sent, dict):
        raise Wrong("This has to be an object.")
    value, wrong = read(kind, sent)
    if wrong:
        raise Wrong(" ".join(f"{name}: {text}" for name, text in wrong.items()))
    return value


def _word(kind: type[StrEnum], sent: Any) -> StrEnum:
    words = [each.value for each in kind]
    if not isinstance(sent, str) or sent not in words:
        raise Wrong("Please choose one of: " + ", ".join(words) + ".")
    return kind(sent)


def _text(sent: Any, says: Says, _texts: bool) -> str:  # noqa: FBT001  # as the other readers
    if not isinstance(sent, str):
        raise Wrong("This has to be a text.")
    most = says.most if says.most is not None else LONGEST
    if len(sent) > most:
        raise Wrong(f"This is longer than {most:,} characters.")
    if len(sent) < (says.least or 0):
        raise Wrong("Please enter something.")
    return cleaned(sent)


def _number(sent: Any, says: Says, texts: bool) -> int:  # noqa: FBT001
    if says.reference and isinstance(sent, dict):
        sent = sent.get("id")
    if texts and isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= 19:
        sent = int(sent)
    if isinstance(sent, float) and sent.is_integer():
        sent = int(sent)
    if isinstance(sent, bool) or not isinstance(sent, int):
        raise Wrong("This has to be a whole number.")
    least = says.least if says.least is not None else -LARGEST_NUMBER
    most = says.most if says.most is not None else LARGEST_NUMBER
    if not least <= sent <= most:
        raise Wrong(f"Please enter a number from {least:,} to {most:,}.")
    return sent


def _flag(sent: Any, _says: Says, texts: bool) -> bool:  # noqa: FBT001
    if texts and sent in ("true", "false"):
        return bool(sent == "true")
    if not isinstance(sent, bool):
        raise Wrong("This has to be true or false.")
    return sent


def _moment(sent: Any, _says: Says, _texts: bool) -> datetime:  # noqa: FBT001
    problem = "Please give a time with its offset, such as 2030-01-31T09:00:00Z."
    try:
        if not isinstance(sent, str) or "T" not in sent.upper():
            raise Wrong(problem)
        at = datetime.fromisoformat(sent.upper())
        if at.tzinfo is None:
            raise Wrong(problem)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Wrong(problem) from error


def _day(sent: Any, _says: Says, _texts: bool) -> date:  # noqa: FBT001
    try:
        if not isinstance(sent, str) or len(sent) != len("2030-01-31"):
            raise Wrong("Please give a day, such as 2030-01-31.")
        return date.fromisoformat(sent)
    except ValueError as error:
        raise Wrong("Please give a day, such as 2030-01-31.") from error


READERS: dict[Any, Callable[[Any, Says, bool], Any]] = {
    str: _text,
    int: _number,
    bool: _flag,
    datetime: _moment,
    date: _day,
}
