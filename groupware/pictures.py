"""How large a picture is, told by its first bytes: nothing is unpacked."""

import struct
from typing import BinaryIO

from groupware.uploads import sniffed

MOST_PIXELS = 20_000_000
_MOST_SEGMENTS = 100
_SIZED = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def previewable(stream: BinaryIO) -> str | None:
    """The type of a picture that a page may show, or None; the stream is at its start again."""
    head = stream.read(32)
    kind = sniffed(head)
    try:
        width, height = _size(kind, head, stream)
    except (struct.error, ValueError):
        return None
    finally:
        stream.seek(0)
    return kind if 0 < width * height <= MOST_PIXELS else None


def _size(kind: str | None, head: bytes, stream: BinaryIO) -> tuple[int, int]:
    if kind == "image/png":
        width, height = struct.unpack(">II", head[16:24])
    elif kind == "image/gif":
        width, height = struct.unpack("<HH", head[6:10])
    elif kind == "image/webp":
        width, height = _webp(head)
    elif kind == "image/jpeg":
        width, height = _jpeg(stream)
    else:
        raise ValueError("no picture")
    return width, height


def _webp(head: bytes) -> tuple[int, int]:
    chunk = head[12:16]
    if chunk == b"VP8X":
        sides = struct.unpack("<HBHB", head[24:30])
        return sides[0] + (sides[1] << 16) + 1, sides[2] + (sides[3] << 16) + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<I", head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no picture")


def _jpeg(stream: BinaryIO) -> tuple[int, int]:
    """Walk from segment to segment until the one that holds the size."""
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        marker, length = struct.unpack(">HH", stream.read(4))
        if marker >> 8 != 0xFF or length < 2:
            break
        if marker & 0xFF in _SIZED:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return width, height
        stream.seek(length - 2, 1)
    raise ValueError("no size")
