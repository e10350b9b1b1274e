"""What came along with a mail: files, pictures, whole mails; signatures are taken away."""

import mimetypes
import re
import unicodedata
from dataclasses import dataclass, field

from groupware.mail import tnef
from groupware.mail.headers import line, one_line
from groupware.mail.message import File
from groupware.mail.mime import Part, head

LONGEST_NAME = 255
_SIGNATURES = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
)
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass
class Found:
    """The files of a mail, and what was learned on the way."""

    files: list[File] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False
    text: str = ""  # a body that was only in a winmail.dat
    html: str = ""
    problems: list[str] = field(default_factory=list)


def files(parts: list[Part], *, shown: str = "") -> Found:
    """The files in these parts; a picture is inline where the HTML that is `shown` asks for it."""
    found = Found()
    for part in parts:
        if part.kind in _SIGNATURES:
            found.signed = True
        elif part.kind == "application/pgp-encrypted":
            found.encrypted = True
        elif part.kind == "application/ms-tnef" or part.filename.lower() == "winmail.dat":
            _unpack(part, found)
        else:
            kind = part.typed.get("smime-type").lower()
            if part.kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
                found.encrypted |= "signed" not in kind
                found.signed |= "signed" in kind
            found.files.append(_file(part, len(found.files) + 1, shown))
    return found


def _file(part: Part, number: int, shown: str) -> File:
    content_id = one_line(part.text_of("content-id")).strip("<> ")[:300]
    asked = bool(content_id) and f"cid:{content_id}" in shown
    return File(
        name=clean_name(part.filename) or _made_name(part, number),
        content_type=part.kind,
        content=part.content,
        inline=part.disposed.value == "inline" or asked,
        content_id=content_id,
    )


def clean_name(name: str) -> str:
    """A file's name without folders, controls and unseen letters; may be empty."""
    name = re.split(r"[\\/]", name)[-1]
    name = _UNSEEN.sub("", "".join(" " if letter in "\t\r\n" else letter for letter in name))
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    return " ".join(name.split()).strip(". ")[:LONGEST_NAME] if name.strip(". ") else ""


def _made_name(part: Part, number: int) -> str:
    if part.kind in ("message/rfc822", "message/global"):
        subject = clean_name(line(head(part.content).text_of("subject")).replace("/", "-"))
        return f"{subject[:100] or 'message'}.eml"
    ending = {
        "text/calendar": ".ics",
        "text/plain": ".txt",
        "text/rfc822-headers": ".txt",
        "message/delivery-status": ".txt",
        "message/feedback-report": ".txt",
        "image/jpeg": ".jpg",
    }.get(part.kind) or mimetypes.guess_extension(part.kind)
    return f"attachment-{number}{ending or '.bin'}"


def _unpack(part: Part, found: Found) -> None:
    try:
        packed = tnef.read(part.content)
    except ValueError as error:
        found.problems.append(f"A winmail.dat could not be read: {error}.")
        found.files.append(_file(part, len(found.files) + 1, ""))
        return
    found.text, found.html = found.text or packed.text, found.html or packed.html
    for number, (name, content) in enumerate(packed.files, len(found.files) + 1):
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        found.files.append(File(clean_name(name) or f"attachment-{number}.bin", kind, content))
