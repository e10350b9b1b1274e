"""Bytes to parts: RFC 2045 and 2046, with everything that mailers get wrong.

A part is a slice of the mail. Each multipart looks for its own delimiters within its own slice,
so an outer delimiter ends whatever is open inside it. Work waits in a list, not on the stack,
and is bounded: in depth, in parts, in header lines, and in how often a byte is looked at.
"""

import binascii
import re
from dataclasses import dataclass, field
from functools import cached_property

from groupware.mail.headers import Valued, from_base64, raw_text, valued, words

LARGEST = 30 * 1024 * 1024
HEADER_BLOCK = 256 * 1024
MOST_HEADERS = 1_000
PART_HEADER_BLOCK = 16 * 1024
MOST_PART_HEADERS = 100
MOST_PARTS = 1_000
MOST_DELIMITERS = 20_000  # lines that begin like one, in one multipart
DEEPEST = 50
BYTES_TO_SCAN = 240 * 1024 * 1024  # of all levels together

HEADER_CUT = "The header is too long: only its first part was read."
PART_HEADER_CUT = "The header of a part is too long: only its first part was read."

_FIELD = re.compile(rb"([^\x00-\x20:\x7f]{1,256})[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*)(?:\n|\Z)")
_FOLDED = re.compile(rb"([^\x00-\x20:\x7f]{1,256})\r?\n[ \t]+:((?:.*\n[ \t])*.*)(?:\n|\Z)")
_BLANK = re.compile(rb"[ \t]*\r?\n|\Z")
_LEADING = re.compile(rb"(?:[ \t]*\r?\n)+")
_HEADERS_END = re.compile(rb"\n\r?\n")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+*-]{1,100}")
_LOOKS_DELIMITED = re.compile(rb"\n--([^\s-][^\r\n]{0,200}?|-{2,}[^\r\n]{1,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class _Line:
    """A delimiter, from the line end before it to the start of the next line."""

    start: int
    end: int
    closing: bool


@dataclass
class Part:
    """A node of the mail: its header fields, and where its body is in `raw`."""

    raw: bytes = field(repr=False)
    start: int
    end: int
    fields: list[tuple[str, bytes]] = field(default_factory=list)
    default: str = "text/plain"
    children: list["Part"] = field(default_factory=list)
    depth: int = 0
    head_start: int = 0

    @cached_property
    def first(self) -> dict[str, bytes]:
        """The first value of each header field."""
        found: dict[str, bytes] = {}
        for name, value in self.fields:
            found.setdefault(name, value)
        return found

    def text_of(self, name: str) -> str:
        """A header's raw text, unfolded, its encoded words still encoded."""
        value = self.first.get(name)
        return "" if value is None else raw_text(value)

    @cached_property
    def typed(self) -> Valued:
        return valued(self.text_of("content-type"))

    @cached_property
    def kind(self) -> str:
        """The media type in small letters; what is no type counts as the default."""
        value = self.typed.value.replace(" ", "")
        if value in ("text", "plain", "html"):
            return "text/html" if value == "html" else "text/plain"
        strange = "application/octet-stream" if value and self.filename else self.default
        return value if _TYPE.fullmatch(value) else strange

    @cached_property
    def disposed(self) -> Valued:
        return valued(self.text_of("content-disposition"))

    @cached_property
    def filename(self) -> str:
        """The name given to this part by either header, decoded, or empty."""
        for given in (self.disposed, self.typed):
            for name in ("filename", "name"):
                if name in given.parameters:
                    return words(given.parameters[name])
        return ""

    @property
    def whole(self) -> bytes:
        """Header and body as they were sent."""
        return self.raw[self.head_start : self.end]

    @property
    def body(self) -> bytes:
        """The body as it was sent, still encoded."""
        return self.raw[self.start : self.end]

    @cached_property
    def content(self) -> bytes:
        """The body, decoded."""
        return _decoded(self.body, self.text_of("content-transfer-encoding"))


def read(raw: bytes, problems: list[str] | None = None) -> Part:
    """The tree of a mail's parts; never raises, and says in `problems` where it had to give up."""
    problems = [] if problems is None else problems
    if len(raw) > LARGEST:
        problems.append("The mail is too large: only its first 30 MB were read.")
        raw = raw[:LARGEST]
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    root = _part(raw, 0, len(raw), "text/plain", 0, problems)
    waiting, parts, scanned = [root], 1, 0
    while waiting:
        part = waiting.pop()
        if not part.kind.startswith("multipart/"):
            continue
        scanned += part.end - part.start
        if part.depth >= DEEPEST or scanned > BYTES_TO_SCAN:
            problems.append("Parts are nested too deeply: the innermost are left unread.")
            continue
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        body, slices = _slices(part, MOST_PARTS - parts)
        part.children = [
            _part(body, start, end, default, part.depth + 1, problems) for start, end in slices
        ]
        parts += len(slices)
        if parts >= MOST_PARTS:
            problems.append(f"There are too many parts: only the first {MOST_PARTS} were read.")
            break
        waiting.extend(reversed(part.children))
    problems[:] = dict.fromkeys(problems)
    return root


def head(raw: bytes) -> Part:
    """A mail's header alone; all the rest is its body."""
    return _part(raw, 0, len(raw), "text/plain", 0, [])


def leaves(root: Part) -> list[Part]:
    """The parts without parts, in reading order."""
    found, waiting = [], [root]
    while waiting:
        part = waiting.pop()
        if part.children:
            waiting.extend(reversed(part.children))
        else:
            found.append(part)
    return found


def _part(raw: bytes, start: int, end: int, default: str, depth: int, problems: list[str]) -> Part:
    part = Part(raw, start, end, default=default, depth=depth, head_start=start)
    most, size = (MOST_PART_HEADERS, PART_HEADER_BLOCK) if depth else (MOST_HEADERS, HEADER_BLOCK)
    limit, at = min(start + size, end), start
    if not depth and (lead := _LEADING.match(raw)):
        at = lead.end()
    while at < end:
        if len(part.fields) >= most or at >= limit:
            problems.append(PART_HEADER_CUT if depth else HEADER_CUT)
            blank = _HEADERS_END.search(raw, max(at - 1, 0), end)
            at = blank.end() if blank else end
            break
        if match := _FIELD.match(raw, at, limit) or _FOLDED.match(raw, at, limit):
            part.fields.append((match[1].decode("latin-1").lower(), match[2]))
            at = match.end()
        elif match := _BLANK.match(raw, at, end):
            at = match.end()
            break
        else:
            line_end = raw.find(b"\n", at, end) + 1
            # Between header lines a strange one is dropped; where none follows, the text begins.
            if not line_end or not _goes_on(raw, at, line_end, end, first=not part.fields):
                break
            at = line_end
    part.start = min(at, end)
    return part


def _goes_on(raw: bytes, at: int, following: int, end: int, *, first: bool) -> bool:
    if first and (raw.startswith((b"From ", b">From ", b"\xef\xbb\xbf"), at)):
        return True
    if raw.startswith(b"--", at):
        return False
    match = _FIELD.match(raw, following, min(following + 2000, end))
    return match is not None and not first


def _slices(part: Part, most: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The body in which a multipart's delimiters are, and where its parts lie between them."""
    for raw, start, end in _bodies(part):
        for boundary in _boundaries(part, raw, start, end):
            exact, loose = _delimiters(raw, start, end, boundary)
            for lines in (exact, loose):  # RFC 2046 lets a line go on after its boundary
                if found := _between(raw, lines, end, most):
                    return raw, found
    return part.raw, []


def _bodies(part: Part) -> list[tuple[bytes, int, int]]:
    bodies = [(part.raw, part.start, part.end)]
    encoding = part.text_of("content-transfer-encoding").lower()
    if "base64" in encoding or "quoted" in encoding:  # forbidden, and done
        content = part.content
        bodies.append((b"\n" + content, 1, len(content) + 1))
    return bodies


def _boundaries(part: Part, raw: bytes, start: int, end: int) -> list[bytes]:
    """The boundary as it is written, then as it may have been meant, then the first that is seen."""
    unfolded = raw_text(part.first.get("content-type", b""))
    given = valued(unfolded).get("boundary")
    tries = [given, re.sub(r"\s+", "", given), re.sub(r"\s+", " ", given), given.strip("\"'")]
    longest = 500 if part.depth else 32_000  # RFC 2046 says 70
    if given and " " in given:
        tries.append(given.split()[0])
    found = [each.encode("utf-8", "replace")[:longest] for each in dict.fromkeys(tries) if each]
    seen = _LOOKS_DELIMITED.search(raw, max(start - 1, 0), min(end, start + 65_536))
    if seen:
        found.append(seen[1])
    return found


def _delimiters(
    raw: bytes, start: int, end: int, boundary: bytes
) -> tuple[list[_Line], list[_Line]]:
    """The lines that are this boundary, and those that only begin with it."""
    exact: list[_Line] = []
    loose: list[_Line] = []
    mark = b"\n--" + boundary
    at = raw.find(mark, max(start - 1, 0), end)
    for _ in range(MOST_DELIMITERS):
        if at < 0:
            break
        rest_at = at + len(mark)
        line_end = raw.find(b"\n", rest_at, end)
        line_end = end if line_end < 0 else line_end
        rest = raw[rest_at : min(line_end, rest_at + 1000)]
        line = _Line(at, min(line_end + 1, end), closing=rest.startswith(b"--"))
        if rest.rstrip() in (b"", b"--"):
            exact.append(line)
        if rest[:1] in (b"", b" ", b"\t", b"\r", b"-"):
            loose.append(line)
        at = raw.find(mark, line_end, end)
    return exact, loose


def _between(raw: bytes, lines: list[_Line], end: int, most: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    opened: int | None = None
    for line in lines:
        if opened is not None:
            at = line.start
            found.append((opened, at - (raw[at - 1 : at] == b"\r") if at > opened else opened))
            if len(found) >= most:
                return found
        # What follows a closing line is nobody's, until a part opens once more.
        opened = None if line.closing else line.end
    if opened is not None and opened < end:
        found.append((opened, end))
    return found


def _decoded(data: bytes, encoding: str) -> bytes:
    encoding = encoding.lower()
    if "base64" in encoding:
        return from_base64(data)
    if "quoted" in encoding:
        return binascii.a2b_qp(data)
    return _from_uu(data) if "uu" in encoding else data


def _from_uu(data: bytes) -> bytes:
    begin = re.search(rb"^begin [0-7]{3,4} [^\n]*\n", data, re.MULTILINE)
    if begin is None:
        return data
    out = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"", b"`"):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:  # a line too long for its first letter
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return b"".join(out)
    return b"".join(out)
