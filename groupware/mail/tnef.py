"""winmail.dat, Outlook's own envelope: MS-OXTNEF, as far as files and text are in it.

Read here because the one library for it copies what is left of the file for each attribute, and
calls itself for each message within a message.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from groupware.mail import rtf
from groupware.mail.charsets import decoded

_SIGNATURE = 0x223E9F78
_MOST_ATTRIBUTES = 20_000
_MOST_VALUES = 100_000
_MESSAGES_WITHIN = 20

_NEW_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007

_LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _DATA = 0x3707, 0x3704, 0x3001, 0x3701
_TEXT, _HTML, _HTML_CODEPAGE, _RICH = 0x1000, 0x1013, 0x3FDE, 0x1009
_IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")

_FIXED = {1: 0, 2: 4, 3: 4, 4: 4, 10: 4, 11: 4, 5: 8, 6: 8, 7: 8, 20: 8, 64: 8, 72: 16}
_OBJECT, _STRING, _UNICODE, _BINARY = 0x0D, 0x1E, 0x1F, 0x102


@dataclass
class Packed:
    """What was in a winmail.dat."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    text: str = ""
    html: str = ""


@dataclass
class _Entry:
    title: str = ""
    name: str = ""
    data: bytes = b""


def read(data: bytes) -> Packed:
    """The files and the text in these bytes; raises ValueError where they are no TNEF."""
    packed, waiting = Packed(), [("", data)]
    try:
        for _ in range(_MESSAGES_WITHIN):
            if not waiting:
                break
            name, stream = waiting.pop(0)
            text, html, entries = _message(stream)
            if stream is data:
                packed.text, packed.html = text, html
            elif text:
                packed.files.append((f"{name or 'message'}.txt", text.encode()))
            for entry in entries:
                called = entry.name or entry.title
                if entry.data[:16] == _IMESSAGE:
                    waiting.append((called, entry.data[16:]))
                elif entry.data:
                    packed.files.append((called, entry.data))
    except (struct.error, IndexError) as error:
        raise ValueError("it ends too early") from error
    return packed


def _message(data: bytes) -> tuple[str, str, list[_Entry]]:
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise ValueError("it is none")
    text = html = ""
    charset = "windows-1252"
    entries: list[_Entry] = []
    for kind, value in _attributes(data):
        if kind == _CODEPAGE and len(value) >= 4:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif kind == _BODY:
            text = decoded(value.rstrip(b"\0"), charset)
        elif kind == _PROPERTIES:
            found = dict(_properties(value, charset))
            text = _text(found.get(_TEXT, b""), charset) or text
            page = found.get(_HTML_CODEPAGE)
            pages = f"cp{page}" if isinstance(page, int) else charset
            html = _text(found.get(_HTML, b""), pages)
            if not text.strip() and not html and isinstance(rich := found.get(_RICH), bytes):
                words, wrapped = rtf.text_of(rtf.unpacked(rich))
                text, html = ("", words) if wrapped else (words.strip("\0\n"), "")
        elif kind == _NEW_FILE:
            entries.append(_Entry())
        elif entries and kind == _FILE_TITLE:
            entries[-1].title = _text(value.rstrip(b"\0"), charset)
        elif entries and kind == _FILE_DATA:
            entries[-1].data = value
        elif entries and kind == _FILE_PROPERTIES:
            _describe(entries[-1], dict(_properties(value, charset)), charset)
    return text.replace("\r\n", "\n"), html, entries


def _describe(entry: _Entry, found: dict[int, bytes | str | int], charset: str) -> None:
    for name in (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME):
        if called := _text(found.get(name, b""), charset):
            entry.name = called
            break
    if isinstance(content := found.get(_DATA), bytes) and content:
        entry.data = content


def _text(value: bytes | str | int, charset: str) -> str:
    if isinstance(value, bytes):
        return decoded(value.rstrip(b"\0"), charset)
    return value.rstrip("\0") if isinstance(value, str) else ""


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(_MOST_ATTRIBUTES):
        if at + 9 > len(data):
            return
        _level, kind, length = struct.unpack_from("<BII", data, at)
        at += 9
        if at + length > len(data):
            raise ValueError("it ends too early")
        yield kind & 0xFFFF, data[at : at + length]
        at += length + 2  # a checksum, which proves nothing


def _properties(data: bytes, charset: str) -> Iterator[tuple[int, bytes | str | int]]:
    (count,) = struct.unpack_from("<I", data)
    at, values = 4, 0
    for _ in range(min(count, _MOST_ATTRIBUTES)):
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        if name & 0x8000:
            at = _after_name(data, at)
        many, kind = bool(kind & 0x1000), kind & 0xEFFF
        number = 1
        if many or kind in (_OBJECT, _STRING, _UNICODE, _BINARY):
            (number,) = struct.unpack_from("<I", data, at)
            at += 4
        values += number
        if values > _MOST_VALUES:
            raise ValueError("it holds too much")
        for index in range(number):
            value, at = _value(data, at, kind, charset)
            if index == 0:
                yield name, value


def _after_name(data: bytes, at: int) -> int:
    (by_text, length) = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (length + 3 & ~3 if by_text else 0)


def _value(data: bytes, at: int, kind: int, charset: str) -> tuple[bytes | str | int, int]:
    if kind in _FIXED:
        size = _FIXED[kind]
        value = int.from_bytes(data[at : at + 4], "little") if kind == 3 else 0
        return value, at + size
    if kind not in (_OBJECT, _STRING, _UNICODE, _BINARY):
        raise ValueError("it holds values of an unknown kind")
    (length,) = struct.unpack_from("<I", data, at)
    at += 4
    content: bytes | str = data[at : at + length]
    if kind == _STRING:
        content = decoded(bytes(data[at : at + length]).rstrip(b"\0"), charset)
    elif kind == _UNICODE:
        content = data[at : at + length].decode("utf-16-le", "replace")
    return content, at + (length + 3 & ~3)
