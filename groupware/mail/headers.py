"""Header values as people meant them: RFC 2047 words, RFC 2231 parameters, and what mailers made of both.

Every loop here goes over its input once: a header is at most 256 KiB, and hostile.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from groupware.mail.charsets import SHIFTS, codec_of, decoded

MOST_PARAMETERS = 100
LONGEST_WORDS = 32_768

_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]"
)
_WORD = re.compile(r"=\?([^?\s]{0,75})\?([BbQq])\?")
_GAP = re.compile(r"[\s;]*")
_NAME = re.compile(r"([^\s=;\"]{1,80})\s*=\s*")
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?$")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_HALF_OF_DAY = re.compile(r"\s?\b([AaPp])\.?[Mm]\b\.?")
_NUMBERED_MONTH = re.compile(r"\b(\d{1,2})[ .](\d{1,2})[ .](\d{4})\s")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NO_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


def raw_text(value: bytes, charset: str = "") -> str:
    """A raw value, unfolded; 8-bit text is UTF-8, else in this charset, else Windows-1252."""
    try:
        text = value.decode() if SHIFTS not in value else decoded(value)
    except UnicodeDecodeError:
        text = decoded(value, charset)
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    return text.strip(" \t\0")


def words(text: str) -> str:
    """Text with its encoded words decoded; neighbours of one charset are joined before that."""
    if "=?" not in text:
        return text
    out: list[str] = []
    charset, pending, at = "", b"", 0
    text = text[:LONGEST_WORDS]
    for match in _WORD.finditer(text):
        if match.start() < at:
            continue
        end = text.find("?=", match.end())
        if end < 0:
            break
        between = text[at : match.start()]
        label = match[1].split("*")[0].lower()  # RFC 2231 adds a language
        chunk = _word_bytes(match[2], text[match.end() : end])
        if pending and not between.strip() and label == charset:
            pending += chunk
        else:
            out.append(_as_text(pending, charset))
            if not pending or between.strip():
                out.append(between)
            charset, pending = label, chunk
        at = end + 2
    out.append(_as_text(pending, charset))
    return "".join(out) + text[at:]


def _as_text(data: bytes, charset: str) -> str:
    return decoded(data, charset) if data else ""


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "Bb":
        return from_base64(data)
    return binascii.a2b_qp(re.sub(rb"\s", b"_", data), header=True)


def from_base64(data: bytes) -> bytes:
    """What can be had of base64 with line ends, strange letters, or padding amiss or amid."""
    clean = data.translate(None, _NO_BASE64)
    if b"=" not in clean.rstrip(b"="):
        clean = clean.rstrip(b"=")
        if len(clean) % 4 == 1:
            clean = clean[:-1]  # six bits make no byte
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    # Several pieces written one after the other, each with its own padding.
    pieces = clean.split(b"=", 1_000)
    pieces[-1] = pieces[-1].replace(b"=", b"")
    return b"".join(from_base64(piece) for piece in pieces if piece)


@dataclass(frozen=True, slots=True)
class Valued:
    """A structured header: its value in small letters, and its parameters."""

    value: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def valued(text: str) -> Valued:
    """A value with parameters, RFC 2045 and 2231, and most of what is sent instead."""
    value, _, rest = text.partition(";")
    if "=" in value and ";" not in text:  # `charset=utf-8` alone, a value forgotten
        value, rest = "", value
    return Valued(value.strip(" \t\"'").lower(), _combined(_pairs(rest)))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while len(pairs) < MOST_PARAMETERS:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr] # it matches anywhere
        match = _NAME.match(text, at)
        if match is None:
            at = text.find(";", at)
            if at < 0:
                break
            continue
        value, at = _value(text, match.end())
        pairs.append((match[1].lower(), value))
    return pairs


def _value(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        end = text.find(";", at)
        end = len(text) if end < 0 else end
        return text[at:end].strip(), end
    letters: list[str] = []
    start = at = at + 1
    for special in re.compile(r'[\\"]').finditer(text, at):
        if special.start() < start:
            continue
        letters.append(text[start : special.start()])
        if special[0] == '"':
            return "".join(letters), special.end()
        # Before other letters the backslash is one: C:\temp\report.txt
        following = text[special.end() : special.end() + 1]
        letters.append(following if following in '\\"' else "\\" + following)
        start = special.end() + 1
    return "".join([*letters, text[start:]]), len(text)


def _combined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name, RFC 2231's pieces put together; these win over plain ones."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in pairs:
        section = _SECTION.match(name)
        if section is None or not (section[2] or section[3]):
            plain.setdefault(name, value)
            continue
        pieces.setdefault(section[1], {}).setdefault(
            int(section[2] or 0), (value, bool(section[3]))
        )
    for name, numbered in pieces.items():
        plain[name] = _joined([numbered[number] for number in sorted(numbered)])
    return plain


def _joined(pieces: list[tuple[str, bool]]) -> str:
    charset, data = "", b""
    for number, (value, escaped) in enumerate(pieces):
        rest = value
        if escaped and number == 0 and value.count("'") >= 2:
            charset, _, rest = value.split("'", 2)
        data += unquote_to_bytes(rest) if escaped else rest.encode("utf-8", "replace")
    return decoded(data, charset) if codec_of(charset) != "ascii" else decoded(data)


def line(text: str) -> str:
    """A decoded value on one line, without controls, cut where no reader would follow."""
    return one_line(words(text))


def one_line(text: str) -> str:
    """Text on a single line, without controls and unseen turns of direction."""
    text = text[:LONGEST_WORDS]
    return " ".join((text if text.isprintable() else _CONTROLS.sub("", text)).split())


def when(text: str) -> datetime | None:
    """The moment that a Date header names, in UTC, or None."""
    text = text[:200]
    try:
        if _ISO_DATE.match(text):
            return _in_utc(datetime.fromisoformat(re.sub(r"\s+(?=[+-])", "", text.strip())))
        half = _HALF_OF_DAY.search(text)
        if half:
            text = text[: half.start()] + text[half.end() :]
        found = parsedate_tz(_numbered_month(text))
        if found is None:
            return None
        hour = found[3] % 12 + 12 * (half[1] in "pP") if half and found[3] <= 12 else found[3]
        told = datetime(*found[:3], hour, *found[4:6], tzinfo=UTC)
        return told - timedelta(seconds=found[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _numbered_month(text: str) -> str:
    """`27 6 2001` with the month's name."""
    found = _NUMBERED_MONTH.search(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return text
    return f"{found[1]} {_MONTHS[int(found[2]) - 1]} {found[3]} {text[found.end() :]}"
