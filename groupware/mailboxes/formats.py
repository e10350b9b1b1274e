"""Mails out of files: one mail, an mbox, a Maildir."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

FORMATS = ("rfc822", "mbox", "maildir")
LARGEST_LINE = 1024 * 1024
_FROM = re.compile(rb"From \S.*\d\d:\d\d")
_ESCAPED = re.compile(rb"(?m)^>(>*From )")


def of_mbox(stream: BinaryIO) -> Iterator[bytes]:
    """Each mail of an mbox; `>From ` at a line's start loses one `>` (mboxrd)."""
    lines: list[bytes] = []
    begun, blank = False, True
    while line := stream.readline(LARGEST_LINE):
        if blank and _FROM.match(line):
            if begun:
                yield _unescaped(lines)
            lines, begun = [], True
        else:
            lines.append(line)
            begun = begun or bool(line.strip())
        blank = line in (b"\n", b"\r\n")
    if begun:
        yield _unescaped(lines)


def of_maildir(folder: Path) -> Iterator[bytes]:
    """Each mail of a Maildir's `new` and `cur`, or of a plain folder of files; oldest name first."""
    places = [folder / name for name in ("new", "cur") if (folder / name).is_dir()] or [folder]
    names = sorted(
        (path.name, path) for place in places for path in place.iterdir() if path.is_file()
    )
    for name, path in names:
        if not name.startswith("."):
            yield path.read_bytes()


def _unescaped(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]  # the line before the next From
    return _ESCAPED.sub(rb"\1", b"".join(lines))
