"""Files' bytes and the rows that name them: what belongs to nothing goes, what is missing is told."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import module
from groupware.blobs import Store, chunks_of
from groupware.database import Database
from groupware.models import Upload

ORPHANED_FOR = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True)
class Fault:
    """A row whose bytes are not what it says."""

    table: str
    name: str
    sha256: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}: {self.name!r} ({self.sha256[:12]}…) {self.what}"


def collect(database: Database, store: Store, *, now: datetime) -> int:
    """Remove bytes that no row has named for a day; how many.

    Storing the same bytes again makes them new, so a row that is about to name them is in time.
    """
    removed = 0
    old = (sha256 for sha256, at in store.all() if now - at > ORPHANED_FOR)
    while some := list(islice(old, AT_ONCE)):
        with database.reading() as session:
            kept = named(session, some)
        for sha256 in some:
            if sha256 not in kept and (at := store.stored_at(sha256)) and now - at > ORPHANED_FOR:
                store.remove(sha256)
                removed += 1
    return removed


def named(session: Session, hashes: list[str]) -> set[str]:
    """Those of these hashes that some row names."""
    return {
        sha256
        for table in tables()
        for sha256 in session.scalars(
            select(table.sha256).where(table.sha256.in_(hashes)).distinct()
        )
    }


def faults(session: Session, store: Store) -> Iterator[Fault]:
    """Every row whose bytes are missing or damaged; each file is read once a table."""
    for table in tables():
        rows = session.execute(
            select(table.sha256, table.size, table.name)
            .order_by(table.sha256)
            .execution_options(yield_per=AT_ONCE)
        )
        before, what = None, ""
        for sha256, size, name in rows:
            if sha256 != before:
                before, what = sha256, _fault_of(store, sha256, size)
            if what:
                yield Fault(table.__tablename__, name, sha256, what)


def tables() -> list[Any]:
    """The models that name files: the core's own, and those that modules declare."""
    return [Upload, *(table for part in module.installed() for table in part.files)]


def _fault_of(store: Store, sha256: str, size: int) -> str:
    digest, found = hashlib.sha256(), 0
    try:
        with store.open(sha256) as file:
            for chunk in chunks_of(file):
                digest.update(chunk)
                found += len(chunk)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if digest.hexdigest() != sha256:
        return "is damaged: its bytes have another hash"
    return "" if found == size else f"has {found} bytes, not {size}"
