"""Content lines and components (RFC 5545, 3.1 and 3.6): read with limits, written folded.

Lines are kept as they came, unfolded: what is not ours goes out as it came in, parameter by
parameter. Values are read and written by the `icalendar` library.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Union

from icalendar.parser import Contentline, Parameters
from icalendar.parser.property import unescape_backslash

LARGEST = 1024 * 1024
"""Bytes of one component with everything in it."""

FOLD = 75
MOST_PARTS = 50
DEEPEST = 5

# Each piece ends where another begins, so a match takes linear time.
_HEAD = re.compile(
    r"([A-Za-z0-9-]+)"
    r'((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*)'
    r":"
)


class Unreadable(Exception):
    """A component that is not taken; the text says why."""


@dataclass(frozen=True)
class Property:
    """A content line, taken apart."""

    name: str
    parameters: Parameters
    value: str

    @property
    def text(self) -> str:
        """The value of a TEXT property."""
        return str(unescape_backslash(self.value))

    def parameter(self, name: str) -> str:
        """A parameter's value, or nothing; of several the first."""
        found = self.parameters.get(name, "")
        return str(found if isinstance(found, str) else found[0] if found else "")


@dataclass
class Component:
    """A component: its property lines and what is nested in it, in their order."""

    name: str
    entries: list[Union[str, "Component"]] = field(default_factory=list)

    def properties(self) -> Iterator[Property]:
        """Its own property lines, taken apart."""
        return (split(entry) for entry in self.entries if isinstance(entry, str))

    def parts(self, name: str) -> Iterator["Component"]:
        """What is nested in it under this name."""
        return (each for each in self.entries if isinstance(each, Component) and each.name == name)

    def lines(self) -> Iterator[str]:
        """Everything, flat."""
        yield f"BEGIN:{self.name}"
        for entry in self.entries:
            if isinstance(entry, Component):
                yield from entry.lines()
            else:
                yield entry
        yield f"END:{self.name}"


def split(line: str) -> Property:
    """A content line taken apart; raises Unreadable where it is none."""
    head = _HEAD.match(line)
    if head is None:
        raise Unreadable("a line is no property")
    try:
        parameters = Parameters.from_ical(head[2][1:]) if head[2] else _NO_PARAMETERS
    except ValueError as error:
        raise Unreadable(f"{head[1]} has parameters that cannot be read") from error
    return Property(head[1].upper(), parameters, line[head.end() :])


_NO_PARAMETERS = Parameters()


def name_of(line: str) -> str:
    """The name of a property line, in upper case; nothing where it is none."""
    head = _HEAD.match(line)
    return head[1].upper() if head else ""


def line(name: str, value: Any, **parameters: str) -> str:
    """A property line; `value` is one of the library's."""
    if not parameters:
        return f"{name}:{value.to_ical().decode()}"
    given = Parameters({key: clean(each) for key, each in parameters.items() if each})
    return str(Contentline.from_parts(name, given, value, sorted=False))


def clean(text: str) -> str:
    """Text without controls, except tab and line break, and without Unicode's own line breaks."""
    if text.isprintable():
        return text
    text = re.sub("\r\n?|[\x85\u2028\u2029]", "\n", text)
    return "".join(
        letter
        for letter in text
        if letter in "\t\n" or unicodedata.category(letter) not in ("Cc", "Cs")
    )


def folded(lines: Iterable[str]) -> bytes:
    """Lines as bytes, of 75 octets at most each."""
    return b"".join(_folded(each) + b"\r\n" for each in lines)


def _folded(line: str) -> bytes:
    """As the library folds: between letters, and not behind what escapes the next one."""
    plain = line.encode()
    if len(plain) < FOLD:
        return plain
    pieces, start = [], 0
    while len(plain) - start >= FOLD:
        end = start + FOLD - 1
        while plain[end] & 0xC0 == 0x80:  # within a letter
            end -= 1
        if plain[end - 1] in b"\\^":
            end -= 1
        pieces.append(plain[start:end])
        start = end
    return b"\r\n ".join([*pieces, plain[start:]])


@dataclass(frozen=True)
class Broken:
    """A component that could not be read, as far as it is known."""

    name: str
    uid: str
    why: str


def read(file: BinaryIO) -> Iterator[str | Component | Broken]:
    """The properties and the components of a VCALENDAR, one after the other.

    Raises Unreadable where there is no calendar at all; a component that breaks a limit comes as
    Broken, and the next one is read.
    """
    return _read(_unfolded(file))


def read_lines(lines: Iterable[str]) -> Iterator[str | Component | Broken]:
    """The same of lines that are unfolded and clean already."""
    return _read(lines)


def _read(lines: Iterable[str | None]) -> Iterator[str | Component | Broken]:
    reader = _Reader()
    for number, entry in enumerate(lines):
        if number == 0 and (entry is None or entry.lstrip("\ufeff").upper() != "BEGIN:VCALENDAR"):
            raise Unreadable("This is no iCalendar file: it does not begin with BEGIN:VCALENDAR.")
        if (done := reader.take(entry)) is not None:
            yield done
    if not reader.begun:
        raise Unreadable("This is no iCalendar file: it is empty.")
    if reader.stack:
        yield Broken(reader.stack[0].name, reader.uid, "it has no end")


class _Reader:
    """Puts lines together to components; holds one component at a time."""

    def __init__(self) -> None:
        self.begun = False
        self.stack: list[Component] = []
        self._forget()

    def _forget(self) -> None:
        self.size, self.parts, self.why, self.uid = 0, 0, "", ""
        self.stack.clear()

    def take(self, line: str | None) -> str | Component | Broken | None:
        """One more line; None stands for one that is too long or no text."""
        if line is None:
            if self.stack:
                self.why = self.why or "it is larger than 1 MB, or no UTF-8"
            return None
        keyword, _, name = line.partition(":")
        keyword = keyword.strip("\ufeff ").upper()
        if keyword == "BEGIN":
            self.begin(name.strip("\ufeff ").strip().upper())
            return None
        if keyword == "END":
            return self.end(name.strip("\ufeff ").strip().upper())
        if not self.stack:
            return line if name_of(line) else None
        if keyword == "UID" and len(self.stack) == 1:
            self.uid = line[4:][:255]
        self.size += len(line.encode()) + 2
        if self.size > LARGEST:
            self.why = self.why or "it is larger than 1 MB"
        if not self.why and name_of(line):  # what is no property is left out
            self.stack[-1].entries.append(line)
        return None

    def begin(self, name: str) -> None:
        if name == "VCALENDAR" and not self.stack:
            self.begun = True
            return
        component = Component(name)
        self.parts += 1
        if self.parts > MOST_PARTS:
            self.why = self.why or f"it has more than {MOST_PARTS} parts"
        elif len(self.stack) >= DEEPEST:
            self.why = self.why or "it is nested too deeply"
        elif not re.fullmatch(r"[A-Z0-9-]{1,64}", name):
            self.why = self.why or "a part of it has no name"
        if self.stack and not self.why:
            self.stack[-1].entries.append(component)
        # Beyond the limit only the depth is counted, with the same empty component.
        self.stack.append(component if not self.why else Component(name))

    def end(self, name: str) -> Component | Broken | None:
        if not self.stack:
            return None
        if self.stack[-1].name != name:
            self.why = self.why or f"END:{name[:64]} has no beginning"
            if all(each.name != name for each in self.stack):
                return None
            while self.stack[-1].name != name:
                self.stack.pop()
        done = self.stack.pop()
        if self.stack:
            return None
        why, uid = self.why, self.uid
        self._forget()
        return Broken(done.name, uid, why) if why else done


def _unfolded(file: BinaryIO) -> Iterator[str | None]:
    """Logical lines; None for one that is too long, or is not UTF-8."""
    pending: list[bytes] = []
    size = 0
    while raw := file.readline(LARGEST + 2):
        whole, piece = raw.endswith(b"\n"), raw.rstrip(b"\r\n")
        if size and raw[:1] in b" \t":
            piece = piece[1:]
        elif size:
            yield _decoded(pending, size)
            pending, size = [], 0
        size += len(piece)
        if size <= LARGEST:
            pending.append(piece)
        while not whole and (more := file.readline(LARGEST)):
            whole, size = more.endswith(b"\n"), size + len(more)
    if size:
        yield _decoded(pending, size)


def _decoded(pieces: list[bytes], size: int) -> str | None:
    if size > LARGEST:
        return None
    try:
        return clean(b"".join(pieces).decode("utf-8")).replace("\n", "")
    except UnicodeDecodeError:
        return None
