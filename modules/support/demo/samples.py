"""Small files for the example's tickets: pictures, a log, a sheet, a page."""

import struct
import zlib

WIDTH, HEIGHT = 480, 320

_LOG = """09:12:04 info  opening store "notes"
09:12:04 info  3 drafts found
09:13:41 error write refused: quota (5242880 of 5242880 bytes)
09:13:41 warn  trying again in 5 s
09:14:42 error write refused: quota (5242880 of 5242880 bytes)
09:14:42 error giving up, reloading
"""
_SHEET = """client,code,units granted,units used,end
A-104,97153,120,88,2027-01-31
A-117,97155,24,24,2026-12-31
B-021,97156,36,10,2027-03-31
"""


def sample(name: str) -> tuple[str, bytes]:
    """The media type and the bytes of a file with such a name; the same name, the same bytes."""
    ending = name.rpartition(".")[2]
    if ending == "png":
        return "image/png", _picture(sum(name.encode()))
    if ending == "pdf":
        return "application/pdf", _page(name)
    if ending == "csv":
        return "text/csv", _SHEET.encode()
    return "text/plain", _LOG.encode()


def _picture(seed: int) -> bytes:
    """Something like a screen: a bar above, a side, some lines, in a tint of its own."""
    tint = [150 + seed * step % 90 for step in (3, 5, 7)]
    bar, side, paper, ink = (
        bytes(max(0, min(255, part + shade)) for part in tint) for shade in (-70, -25, 12, -50)
    )
    rows = bytearray()
    for y in range(HEIGHT):
        written = 80 + (y // 32 * seed) % 260 if y % 32 < 10 else 0
        line = ink * written + paper * (WIDTH - 110 - written)
        rows += b"\0" + (bar * WIDTH if y < 28 else side * 90 + paper * 20 + line)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(bytes(rows), 9)),
            (b"IEND", b""),
        )
    )


def _page(title: str) -> bytes:
    """A PDF of one page with this title."""
    text = f"BT /F1 20 Tf 60 760 Td ({title}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
