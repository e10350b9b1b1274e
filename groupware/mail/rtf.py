"""Outlook's rich text, as far as its words are concerned: MS-OXRTFCP, MS-OXRTFEX.

It is looked at only where a mail says the same nowhere else. Output is bounded, and so is work.
"""

import re
import struct

from groupware.mail.charsets import decoded

LARGEST = 512 * 1024
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|[^\\{}\r\n]+",
    re.DOTALL,
)
_UNSEEN = {
    b"fonttbl",
    b"colortbl",
    b"stylesheet",
    b"info",
    b"pict",
    b"object",
    b"header",
    b"footer",
}
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": "\t"}
_LETTERS = {
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d",
    b"bullet": "\u2022", b"endash": "\u2013", b"emdash": "\u2014", b"emspace": " ", b"enspace": " ",
}  # fmt: skip


def unpacked(data: bytes) -> bytes:
    """The rich text in these bytes; empty where there is none."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + min(size, LARGEST)]
    return _inflated(data, min(size, LARGEST)) if kind == b"LZFu" else b""


def _inflated(data: bytes, size: int) -> bytes:
    out = bytearray(_DICTIONARY)
    at, start = 16, len(out)
    while at < len(data) and len(out) - start < size:
        flags, at = data[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            if at + 2 > len(data):
                return bytes(out[start:])
            (reference,) = struct.unpack_from(">H", data, at)
            at += 2
            # A ring of 4,096 bytes, whose writing place is where `out` ends.
            back = (len(out) - (reference >> 4)) % 4096
            if back == 0:
                return bytes(out[start:])
            for _ in range((reference & 15) + 2):
                out.append(out[-back] if back <= len(out) else 0)
    return bytes(out[start : start + size])


def text_of(data: bytes) -> tuple[str, bool]:
    """The words of rich text, and whether they are the HTML that Outlook wrapped in it."""
    wrapped = b"\\fromhtml" in data[:2000]
    page = re.search(rb"\\ansicpg(\d{3,5})", data[:2000])
    charset = f"cp{page[1].decode()}" if page else "cp1252"
    out: list[str] = []
    pending = bytearray()
    unseen = depth = skip = 0  # unseen: the depth of the group that is not shown
    stars = hushed = False
    for match in _TOKEN.finditer(data):
        word, number, code, sign, brace = match[1], match[2], match[3], match[4], match[5]
        if brace == b"{":
            depth += 1
        elif brace:
            unseen = 0 if depth <= unseen else unseen
            depth -= 1
        elif sign == b"*":
            stars = True
            continue
        elif word == b"htmlrtf":
            hushed = number != b"0"
        elif word == b"htmltag" and stars and wrapped:
            pass
        elif not unseen and word and (stars or word in _UNSEEN):
            unseen = depth
        elif unseen or hushed:
            pass
        elif code:
            pending += b"" if skip else bytes.fromhex(code.decode())
            skip = max(0, skip - 1)
        else:
            piece = _piece(word, number, sign)
            if piece or word:
                out += [decoded(bytes(pending), charset), piece]
                pending.clear()
                skip = 1 if word == b"u" and number else 0
            elif match[0][:1] not in (b"\r", b"\n"):
                pending += match[0][skip:]
                skip = 0
        stars = False
    out.append(decoded(bytes(pending), charset))
    return "".join(out), wrapped


def _piece(word: bytes | None, number: bytes | None, sign: bytes | None) -> str:
    if sign:
        return {b"~": " ", b"_": "-", b"-": ""}.get(sign, sign.decode("latin-1"))
    if word == b"u" and number:
        code = int(number) % 65536
        return "" if 0xD800 <= code < 0xE000 else chr(code)
    return _BREAKS.get(word or b"", "") or _LETTERS.get(word or b"", "")
