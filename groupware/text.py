"""Text from outside, as it may be kept."""

import re

from groupware.errors import Invalid

LARGEST_NUMBER = 2**31 - 1
"""The largest id that a row can have on every database."""

# Controls (Cc) but line ends and tabs, lone surrogates (Cs), turns of direction.
_UNKEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def cleaned(text: str) -> str:
    """Text without NUL, lone surrogates and the controls that turn its direction unseen."""
    return _UNKEPT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Cleaned text on a single line, without space around or doubled."""
    return " ".join(cleaned(text).split())


def named(text: str, field: str = "name", *, most: int = 200) -> str:
    """A name that can be kept; raises Invalid where it is empty or longer than `most`."""
    name = one_line(text)
    if not name:
        raise Invalid(**{field: "Please enter a name."})
    if len(name) > most:
        raise Invalid(**{field: f"This is longer than {most} characters."})
    return name


def number_in(text: str) -> int | None:
    """The number that this text is, where a row can have it as its id."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return int(text) if 0 < int(text) <= LARGEST_NUMBER else None
