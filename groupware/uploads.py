"""Files that come in before what they belong to: named by a secret, kept for a day.

A file chosen in a form is an upload as soon as it has arrived, so that it is still there when
the form comes back with an error.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from groupware.blobs import Store, chunks_of
from groupware.errors import Invalid
from groupware.models import Upload, User
from groupware.secrets import hash_of, new_secret

MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024
KEPT_FOR = timedelta(days=1)
LONGEST_NAME = 150

# What may be shown as a picture; told by the bytes, never by the name.
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def receive(
    session: Session,
    store: Store,
    user: User,
    *,
    name: str,
    stream: BinaryIO,
    declared_type: str = "",
    largest: int = LARGEST_FILE,
    now: datetime,
) -> tuple[str, Upload]:
    """Keep a file for a day; the secret that names it, and its row. Raises Invalid if too large."""
    name = cleaned_name(name)
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    if size > largest:
        raise Invalid(attachments=f"{name} is larger than {largest // 2**20} MB.")
    head = stream.read(16)
    stream.seek(0)
    blob = store.put(chunks_of(stream))
    secret = new_secret()
    upload = Upload(
        token_hash=hash_of(secret),
        user_id=user.id,
        name=name,
        content_type=sniffed(head) or _plain_type(declared_type),
        size=blob.size,
        sha256=blob.sha256,
        created_at=now,
    )
    session.add(upload)
    session.flush()
    return secret, upload


def named(session: Session, user: User, secrets: Iterable[str], *, now: datetime) -> list[Upload]:
    """The person's own uploads that these secrets name, in their order; others are not found."""
    hashes = [hash_of(secret) for secret in dict.fromkeys(secrets)]
    rows = {
        upload.token_hash: upload
        for upload in session.scalars(
            select(Upload).where(
                Upload.token_hash.in_(hashes),
                Upload.user_id == user.id,
                Upload.created_at > now - KEPT_FOR,
            )
        )
    }
    return [rows[each] for each in hashes if each in rows]


def check_number(files: Sequence[object]) -> None:
    """Refuse a sixth file."""
    if len(files) > MOST_FILES:
        raise Invalid(attachments=f"At most {MOST_FILES} attachments.")


def forget_old(session: Session, now: datetime) -> None:
    """Drop uploads that came to nothing."""
    session.execute(delete(Upload).where(Upload.created_at < now - KEPT_FOR))


def sniffed(head: bytes) -> str | None:
    """The picture type that these first bytes tell, or None."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


def cleaned_name(name: str) -> str:
    """A file's name as it may be shown: no path, no controls, 150 characters, never empty."""
    name = re.split(r"[\\/]", name)[-1]
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C").strip(" .")
    if len(name) > LONGEST_NAME:
        stem, ending = os.path.splitext(name)
        ending = ending[:16]
        name = stem[: LONGEST_NAME - len(ending)] + ending
    return name or "file"


def _plain_type(declared: str) -> str:
    """What the sender says, unless it claims to be a picture that it is not."""
    kind = declared.split(";", maxsplit=1)[0].strip().casefold()
    if not re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", kind) or kind.startswith("image/"):
        return "application/octet-stream"
    return kind
