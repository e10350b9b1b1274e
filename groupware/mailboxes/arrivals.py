"""Taking mail in: bytes to the store first, then their rows and the cursor in one commit.

fetched -> stored (fsync) -> journalled (commit) -> flagged or deleted on the server

Killed before the commit, the server still has the mail and gives it again. Killed after it, the
same UID is refused by the journal's UNIQUE. So nothing is lost, and nothing is there twice.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from groupware.blobs import Blob, Store
from groupware.mailboxes.models import BROUGHT, InboundMail, Mailbox
from groupware.upsert import insert

AT_ONCE = 8


@dataclass(frozen=True)
class Arrived:
    """A mail as a server, a pipe or a person handed it over."""

    raw: bytes = field(repr=False)
    uid: str = ""  # the server's name for it; empty: it gets one of ours
    uidvalidity: int = 0
    recipient: str = ""  # by the envelope
    whole: bool = True  # False: only its beginning was fetched
    archive: bool = False
    brought: bool = False  # by a person, who could have written it


def store(blobs: Store, arrived: Sequence[Arrived]) -> list[Blob]:
    """Put the bytes away, before any row names them and outside of any transaction."""
    if len(arrived) == 1:
        return [blobs.put([arrived[0].raw])]
    with ThreadPoolExecutor(AT_ONCE, "storing mail") as pool:  # a disk syncs several at once
        return list(pool.map(lambda each: blobs.put([each.raw]), arrived))


def journal(
    session: Session,
    mailbox: Mailbox,
    arrived: Sequence[Arrived],
    blobs: Sequence[Blob],
    *,
    now: datetime,
) -> list[int]:
    """Rows for mails whose bytes are stored; ids of the new ones, in order of arrival."""
    if not arrived:
        return []
    rows = [
        {
            "mailbox_id": mailbox.id,
            "uidvalidity": each.uidvalidity,
            "uid": each.uid or f"{BROUGHT if each.brought else 'own-'}{uuid4().hex}",
            "sha256": blob.sha256,
            "size": blob.size,
            "recipient": each.recipient[:320],
            "whole": each.whole,
            "archive": each.archive,
            "received_at": now,
            "due_at": now,
        }
        for each, blob in zip(arrived, blobs, strict=True)
    ]
    statement = insert(session, InboundMail).on_conflict_do_nothing()
    return sorted(session.scalars(statement.returning(InboundMail.id), rows))
