"""ATTACH with a file within it (RFC 5545, 3.8.1.1): it becomes a file of the ticket.

What is only named by an address is kept as it came, and never fetched.
"""

import binascii
import hashlib
import io
import mimetypes
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from groupware import uploads
from groupware.blobs import Store
from groupware.models import User
from modules.tasks import tickets
from modules.tasks.icalendar.lines import Component, Property, Unreadable
from modules.tasks.models import Attachment, Task
from modules.tasks.queries import files_visible_to

NAMES = ("FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-LABEL", "LABEL")


@dataclass(frozen=True)
class Enclosed:
    """A file within a task."""

    name: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def enclosed(property_: Property) -> Enclosed | None:
    """The file within a property, if there is one; raises Unreadable where it is damaged."""
    if property_.name != "ATTACH" or property_.parameter("ENCODING").upper() != "BASE64":
        return None
    try:
        content = b64decode("".join(property_.value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("an ATTACH is no Base64") from error
    said = next((name for each in NAMES if (name := property_.parameter(each))), "")
    kind = property_.parameter("FMTTYPE").lower() or mimetypes.guess_type(said)[0] or ""
    ending = mimetypes.guess_extension(kind) or ""
    return Enclosed(uploads.cleaned_name(said or f"attachment{ending}"), kind, content)


def take_files(
    session: Session, store: Store, actor: User, ticket: Task, task: Component, *, now: datetime
) -> None:
    """Add the files within a task to its ticket; those that it has already are an echo."""
    found = {each.sha256: each for each in _within(task)}
    if not found:
        return
    there = files_visible_to(actor).where(Attachment.task_id == ticket.id).order_by(None)
    for known in session.scalars(there.with_only_columns(Attachment.sha256)):
        found.pop(known, None)
    incoming = [
        uploads.receive(
            session, store, actor,
            name=each.name, stream=io.BytesIO(each.content), declared_type=each.content_type,
            now=now,
        )[1]
        for each in found.values()
    ]  # fmt: skip
    tickets.add_files(session, actor, ticket, incoming, now=now)


def holds_file(property_: Property) -> bool:
    """True for an ATTACH whose file can be taken out; what is damaged stays text."""
    try:
        return enclosed(property_) is not None
    except Unreadable:
        return False


def _within(task: Component) -> Iterator[Enclosed]:
    for property_ in task.properties():
        if holds_file(property_) and (file := enclosed(property_)) is not None:
            yield file
