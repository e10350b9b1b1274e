"""Files written into the text itself, between `begin` and `end`, as was done before MIME."""

import mimetypes
import re

from groupware.mail.mime import Part, leaves

MOST_FILES = 100
_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n\"\\]{1,250})\r?\n(?:[ -`]{1,90}\r?\n)+end[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)


def unpack(root: Part) -> None:
    """Give each text that holds such files parts of its own: the texts between, and the files."""
    for part in leaves(root):
        if part.kind == "text/plain" and not part.filename and b"begin " in part.content:
            _unpack(part)


def _unpack(part: Part) -> None:
    content, at = part.content, 0
    found: list[Part] = []
    for match in _BLOCK.finditer(content):
        if len(found) >= 2 * MOST_FILES:
            break
        found.append(_text(part, at, match.start()))
        name = match[1].strip()
        kind = mimetypes.guess_type(name.decode("latin-1"))[0] or "application/octet-stream"
        fields = [
            ("content-type", kind.encode()),
            ("content-disposition", b'attachment; filename="' + name + b'"'),
            ("content-transfer-encoding", b"x-uuencode"),
        ]
        found.append(_part(part, match.start(), match.end(), fields))
        at = match.end()
    if found:
        part.children = [*found, _text(part, at, len(content))]


def _text(part: Part, start: int, end: int) -> Part:
    fields = [("content-type", value) for name, value in part.fields if name == "content-type"]
    return _part(part, start, end, fields[:1])


def _part(part: Part, start: int, end: int, fields: list[tuple[str, bytes]]) -> Part:
    return Part(part.content, start, end, fields, depth=part.depth + 1, head_start=start)
