"""Files are served to whoever may see what they belong to, and can do no harm."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from groupware.blobs import store_at
from groupware.config import Settings
from groupware.pictures import previewable
from modules.tasks import conversation
from modules.tasks.models import Attachment, Task
from tests.conftest import SignedIn
from tests.factories import Desk


@dataclass
class Incoming:
    """A file whose bytes are in the store."""

    name: str
    content_type: str
    size: int
    sha256: str


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 40_000) + b"\0" * 40_000
    size = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + exif + size + b"\xff\xd9"


def webp(kind: bytes, data: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(data)) + data.ljust(20, b"\0")


PICTURES = {
    "png": png(3, 2),
    "gif": b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0" * 20,
    "jpeg": jpeg(3, 2),
    "webp lossy": webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 3, 2)),
    "webp lossless": webp(b"VP8L", b"\x2f" + struct.pack("<I", 2 | 1 << 14)),
    "webp extended": webp(b"VP8X", b"\0\0\0\0" + b"\2\0\0" + b"\1\0\0"),
}
NOT_SHOWN = {
    "png of 20 megapixels and some": png(20_000, 1_001),
    "jpeg of 25 megapixels": jpeg(5_000, 5_000),
    "webp of 2 gigapixels": webp(b"VP8X", b"\0\0\0\0" + b"\xff\xff\0" + b"\xff\x7f\0"),
    "html that is called a picture": b"<script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a head without a body": b"\x89PNG\r\n\x1a\n",
    "jpeg without a size": b"\xff\xd8" + b"\xff\xe1\0\x04ab" * 300,
    "nothing": b"",
}


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES.keys())
def test_small_pictures_are_known_by_their_bytes(data: bytes) -> None:
    assert previewable(BytesIO(data)) in ("image/png", "image/gif", "image/jpeg", "image/webp")


@pytest.mark.parametrize("data", NOT_SHOWN.values(), ids=NOT_SHOWN.keys())
def test_what_is_too_large_or_no_picture_is_not_shown(data: bytes) -> None:
    assert previewable(BytesIO(data)) is None


class Shelf:
    """A ticket with files."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self.desk = desk
        self.store = store_at(settings.blob_url)
        self.ticket: Task = desk.ticket()

    def add(self, data: bytes, name: str, content_type: str, *, note: bool = False) -> str:
        blob = self.store.put([data])
        file = Incoming(name, content_type, blob.size, blob.sha256)
        person = self.desk.agent
        say = conversation.note if note else conversation.reply
        say(self.desk.session, person, self.ticket, "", incoming=[file], now=self.desk.make.later())
        return f"/attachments/{self.desk.session.query(Attachment).count()}"


@pytest.fixture
def shelf(desk: Desk, settings: Settings) -> Shelf:
    return Shelf(desk, settings)


def fetched(client: FlaskClient, path: str, **headers: str):
    return client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()},
                      buffered=True)  # fmt: skip


def test_a_file_is_saved_and_never_opened(shelf: Shelf, signed_in: SignedIn) -> None:
    place = shelf.add(b"<script>alert(1)</script>", "page.html", "text/html")
    answer = fetched(signed_in(shelf.desk.customer), f"{place}/page.html")
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=page.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_picture_may_be_looked_at_and_nothing_else_may(shelf: Shelf, signed_in: SignedIn) -> None:
    good = shelf.add(png(), "a.png", "image/png")
    claimed = shelf.add(b"<svg onload=alert(1)>", "b.png", "image/png")
    client = signed_in(shelf.desk.customer)
    answer = fetched(client, f"{good}/preview/a.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Content-Disposition"] == "inline; filename=a.png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    refused = fetched(client, f"{claimed}/preview/b.png")
    assert refused.status_code == 415
    assert b"onload" not in refused.data


def test_who_may_not_see_it_gets_what_does_not_exist(shelf: Shelf, signed_in: SignedIn) -> None:
    place = shelf.add(png(), "a.png", "image/png")
    shelf.add(png(), "n.png", "image/png", note=True)
    shelf.desk.session.commit()
    found = fetched(signed_in(shelf.desk.agent), f"{place}/a.png")
    for person in (shelf.desk.stranger, shelf.desk.outsider):
        client = signed_in(person)
        for path in (f"{place}/a.png", f"{place}/preview/a.png"):
            for headers in (
                {},
                {"If_None_Match": found.headers["ETag"]},
                {"Range": "bytes=0-3"},
                {"If_Modified_Since": "Mon, 01 Jan 2040 00:00:00 GMT"},
            ):
                assert fetched(client, path, **headers).status_code == 404
    customer = signed_in(shelf.desk.customer)
    note = "/attachments/2"
    assert fetched(customer, f"{note}/n.png").status_code == 404
    assert fetched(customer, f"{note}/n.png", Range="bytes=0-3").status_code == 404
    assert fetched(signed_in(shelf.desk.reader), f"{note}/n.png").status_code == 200
    anonymous = signed_in(None).get(f"{place}/a.png")
    assert anonymous.status_code == 302


def test_parts_and_unchanged_files_are_answered_as_such(shelf: Shelf, signed_in: SignedIn) -> None:
    place = shelf.add(b"0123456789", "a.txt", "text/plain")
    client, path = signed_in(shelf.desk.customer), f"{place}/a.txt"
    whole = fetched(client, path)
    part = fetched(client, path, Range="bytes=2-4")
    assert (part.status_code, part.data) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert fetched(client, path, If_None_Match=whole.headers["ETag"]).status_code == 304
    assert fetched(client, path, Range="bytes=20-30").status_code == 416
    assert fetched(client, path, Range="bytes=0-1,5-6").status_code in (200, 416)
    head = client.head(path, buffered=True)
    assert (head.status_code, head.data, head.content_length) == (200, b"", 10)


NAMES = [
    "تقرير.txt",
    "🖨️ report.txt",
    'quo"te;.txt',
    "a b#c?d%41.txt",
    "new\u2028line.txt",
    "x" * 150,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_linked_and_sent(name: str, shelf: Shelf, signed_in: SignedIn) -> None:
    shelf.add(b"abc", name, "text/plain")
    client = signed_in(shelf.desk.customer)
    page = client.get(f"/tickets/view/{shelf.ticket.id}").text
    href = page.split('<ul class="attachments"')[1].split('href="')[1].split('"')[0]
    answer = fetched(client, href.replace("&amp;", "&").replace("&#39;", "'"))
    assert answer.data == b"abc"
    assert "\n" not in answer.headers["Content-Disposition"]


def test_another_name_is_another_address(shelf: Shelf, signed_in: SignedIn) -> None:
    place = shelf.add(b"abc", "a.txt", "text/plain")
    client = signed_in(shelf.desk.customer)
    for path in ("b.txt", "a.txt/x.css", "", "../1/a.txt", "preview/a.css"):
        assert fetched(client, f"{place}/{path}").status_code == 404, path
    assert fetched(client, "/attachments/0/a.txt").status_code == 404
    assert fetched(client, f"/attachments/{'9' * 30}/a.txt").status_code == 404


def test_missing_bytes_are_told_and_written_down(
    shelf: Shelf, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    place = shelf.add(b"abc", "a.txt", "text/plain")
    for attachment in shelf.desk.session.query(Attachment):
        shelf.store.remove(attachment.sha256)
    answer = fetched(signed_in(shelf.desk.customer), f"{place}/a.txt")
    assert answer.status_code == 503
    assert "bytes of attachment 1" in caplog.text
