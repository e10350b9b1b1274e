"""Text from outside, as it may be kept."""

import unicodedata

from groupware.errors import Invalid

LARGEST_NUMBER = 2**31 - 1
"""The largest id that a row can have on every database."""

_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def cleaned(text: str) -> str:
    """Text without NUL, lone surrogates and the controls that turn its direction unseen."""
    return "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in "\n\t"
        or (unicodedata.category(letter) not in ("Cc", "Cs") and letter not in _BIDI)
    )


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
