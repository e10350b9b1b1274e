"""Mail as it goes out: built once, then frozen, so that what is sent twice is the same mail.

Files are not copied into a frozen mail. Each stands there as one line, `<Message-ID>sha256`, and
`whole` puts the bytes in its place on the way to the server. The Message-ID is drawn after
everything else was written, so no text can name a file that its writer did not attach.
"""

import base64
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, BinaryIO

LONGEST_SUBJECT = 200
LONGEST_TEXT = 200_000
LONGEST_HTML = 800_000
LONGEST_NAME = 100
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
FIRST_REFERENCES, LAST_REFERENCES = 4, 6

Files = Callable[[str], BinaryIO]
"""Opens the bytes that lie under this SHA-256."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes along; its bytes lie in the store."""

    name: str
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a mail says. `automatic` is RFC 3834's word; a person's own mail carries none."""

    to: str
    subject: str
    text: str
    html: str = ""
    sender: tuple[str, str] | None = None  # name and address; None: the server's, at sending
    reply_to: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    automatic: str = "auto-generated"
    files: Sequence[Enclosed] = ()


def frozen(sheet: Sheet, message_id: str, now: datetime) -> bytes:
    """The mail's bytes; raises ValueError where a header has got in that nobody wrote."""
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = one_line(sheet.subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if before := _id(sheet.in_reply_to):
        message["In-Reply-To"] = before
    if references := bounded_references(sheet.references):
        message["References"] = " ".join(references)
    if sheet.automatic:
        message["Auto-Submitted"] = sheet.automatic
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(printable(sheet.text)[:LONGEST_TEXT], cte="quoted-printable")
    if sheet.html and len(sheet.html) <= LONGEST_HTML:
        message.add_alternative(printable(sheet.html), subtype="html", cte="quoted-printable")
    for file in sheet.files:
        _enclose(message, file, message_id)
    people = [("From", sheet.sender), ("To", ("", sheet.to)), ("Reply-To", ("", sheet.reply_to))]
    # By hand: where it folds a name, the library forgets the quotes around it.
    lines = [f"{name}: {mailbox(*who)}\r\n" for name, who in people if who and who[1]]
    made = "".join(lines).encode("ascii") + message.as_bytes()
    _check_headers(made)
    return made


def whole(message: bytes, message_id: str, files: Files) -> bytes:
    """A frozen mail with its files in it."""
    line = re.compile(rb"(?m)^" + re.escape(message_id.encode()) + rb"([0-9a-f]{64})\r?$")
    if not line.search(message):
        return message

    def encoded(match: re.Match[bytes]) -> bytes:
        with files(match[1].decode()) as file:
            return base64.encodebytes(file.read()).rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r"

    return line.sub(encoded, message)


def bounded_references(ids: Sequence[str]) -> list[str]:
    """The first 4 and the last 6 of a conversation's ids, each once."""
    known = list(dict.fromkeys(found for each in ids if (found := _id(each))))
    if len(known) <= FIRST_REFERENCES + LAST_REFERENCES:
        return known
    return known[:FIRST_REFERENCES] + known[-LAST_REFERENCES:]


def ascii_address(address: str) -> str | None:
    """The address with its domain in ASCII, or None where it is not one plain address."""
    local, _, domain = address.strip().rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    return plain if PLAIN_ADDRESS.fullmatch(plain) and len(plain) <= 320 else None


def one_line(text: str) -> str:
    """Text for a header: no line break or control, and nothing that reads as an encoded word.

    Some versions of Python decode `=?...?=` in what they are given, line breaks included.
    """
    text = "".join(" " if unicodedata.category(letter) in _BREAKS else letter for letter in text)
    while "=?" in text:
        text = text.replace("=?", "= ?")
    return " ".join(text.split())


def mailbox(name: str, address: str) -> str:
    """A name and an address as a header has them; raises ValueError where it is no plain address."""
    plain = ascii_address(address)
    if plain is None:
        raise ValueError(f"{address!r} is no plain address")
    name = one_line(name)[:LONGEST_NAME]
    if not name:
        return plain
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + f'" <{plain}>'
    words = Header(name, "utf-8").encode(linesep="\r\n")
    return words + ("\r\n" if len(words) + len(plain) > 66 else "") + f" <{plain}>"


def printable(text: str) -> str:
    """Text without controls, on lines that end alike."""
    return "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )


def _id(message_id: str) -> str:
    """An id in its brackets, or nothing where it is none that a header can carry."""
    bare = message_id.strip().strip("<>")
    return f"<{bare}>" if _MESSAGE_ID.fullmatch(bare) else ""


def _enclose(message: EmailMessage, file: Enclosed, message_id: str) -> None:
    main, _, sub = file.content_type.partition("/")
    if main in ("message", "multipart", "") or not _TOKEN.fullmatch(sub):
        main, sub = "application", "octet-stream"
    message.add_attachment(
        b"", maintype=main, subtype=sub, filename=one_line(file.name)[:LONGEST_NAME] or "file"
    )
    *_, part = message.iter_attachments()
    part.set_payload(f"{message_id}{file.sha256}")


def _check_headers(message: bytes) -> None:
    """Nothing may have become a header that was not meant as one, whatever the library does."""
    head = message.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    if len(names) != len(set(names)) or not set(names) <= _HEADERS:
        raise ValueError("a header has got into a mail that nobody wrote")


class _Ids(UnstructuredHeader):
    """Message-IDs, folded between them: the library would encode long ones as if they were words."""

    def fold(self, *, policy: Any) -> str:
        ids = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {ids}{policy.linesep}"  # type: ignore[attr-defined]


_REGISTRY = HeaderRegistry()
for _name in ("in-reply-to", "references"):
    _REGISTRY.map_to_type(_name, _Ids)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_REGISTRY)
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,250}")
_TOKEN = re.compile(r"[A-Za-z0-9.+-]{1,100}")
_BREAKS = {"Cc", "Cs", "Zl", "Zp", "Zs"}
_HEADERS = {
    b"From",
    b"To",
    b"Reply-To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"In-Reply-To",
    b"References",
    b"Auto-Submitted",
    b"X-Auto-Response-Suppress",
    b"Content-Type",
    b"Content-Transfer-Encoding",
    b"MIME-Version",
}
