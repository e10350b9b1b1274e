"""Backup, restore, verify: what comes back is what was there, and damage is told."""

import io
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from groupware import backup, blobs, config, dumps, uploads, verify
from groupware.backup import Manifest
from groupware.database import Database
from groupware.errors import Conflict
from modules.tasks.models import Attachment, Task
from tests.conftest import _administer
from tests.factories import NOON, Desk

_numbers = itertools.count(1)


@pytest.fixture
def filled(desk: Desk, session: Session, settings: config.Settings) -> Iterator[config.Settings]:
    """An installation with a ticket, a conversation and three files."""
    store = blobs.store_at(settings.blob_url)
    ticket = desk.ticket(files=[_upload(session, store, desk, b"x" * 300_000)])
    desk.make.reply(ticket, desk.agent)
    desk.make.note(ticket, desk.agent)
    desk.ticket(files=[_upload(session, store, desk, each) for each in (b"one", b"two")])
    session.commit()
    return settings


def _upload(session: Session, store: blobs.Store, desk: Desk, content: bytes) -> uploads.Upload:
    return uploads.receive(
        session, store, desk.customer, name="log.txt", stream=io.BytesIO(content), now=NOON
    )[1]


@pytest.fixture
def elsewhere(
    settings: config.Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[config.Settings]:
    """An empty installation on the same kind of database."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    empty = replace(settings, data=data, blob_url=f"file://{data}/files")
    if settings.database_url.startswith("sqlite"):
        yield replace(empty, database_url=f"sqlite:///{data}/groupware.db")
        return
    server, name = request.getfixturevalue("postgres_url"), f"elsewhere_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name}")
    yield replace(empty, database_url=f"{server}/{name}")
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def make(settings: config.Settings, folder: Path) -> Manifest:
    return backup.make(settings, folder, now=NOON, progress=iter)


def restore(settings: config.Settings, folder: Path) -> None:
    backup.restore(settings, folder, now=NOON, progress=iter)


def test_a_backup_restores_to_an_equal_installation(
    filled: config.Settings, elsewhere: config.Settings, tmp_path: Path
) -> None:
    made = make(filled, tmp_path / "backup")
    assert made.counts["tasks"] == 2
    assert made.counts["attachments"] == 3
    assert list(backup.faults(tmp_path / "backup", progress=iter)) == []
    restore(elsewhere, tmp_path / "backup")
    assert list(verify.faults(elsewhere)) == []
    again = make(elsewhere, tmp_path / "again")
    assert again.counts == made.counts
    listing = [(tmp_path / name / backup.LIST).read_text() for name in ("backup", "again")]
    assert listing[0] == listing[1]
    assert len(listing[0].splitlines()) == 3


def test_a_backup_brings_the_secret_key_along(
    filled: config.Settings, elsewhere: config.Settings, tmp_path: Path
) -> None:
    make(filled, tmp_path / "backup")
    restore(elsewhere, tmp_path / "backup")
    key = elsewhere.data / "secret_key"
    assert key.read_text() == (filled.data / "secret_key").read_text()
    assert key.stat().st_mode & 0o077 == 0
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_a_backup_goes_into_a_folder_of_its_own(filled: config.Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(Conflict, match="not empty"):
        make(filled, tmp_path / "mine")


def test_only_an_empty_installation_is_restored_into(
    filled: config.Settings, tmp_path: Path
) -> None:
    make(filled, tmp_path / "backup")
    with pytest.raises(Conflict, match="not empty"):
        restore(filled, tmp_path / "backup")
    assert list(verify.faults(filled)) == []


def test_a_backup_that_was_cut_short_is_none(filled: config.Settings, tmp_path: Path) -> None:
    make(filled, tmp_path / "backup")
    (tmp_path / "backup" / backup.MANIFEST).unlink()
    with pytest.raises(Conflict, match="no whole backup"):
        list(backup.faults(tmp_path / "backup", progress=iter))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _a_file(folder: Path) -> Path:
    return next((folder / backup.FILES).glob("??/*"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit of the database": lambda folder: _flip(next(folder.glob("database.*"))),
    "no database": lambda folder: next(folder.glob("database.*")).unlink(),
    "a bit of a file": lambda folder: _flip(_a_file(folder)),
    "a file is gone": lambda folder: _a_file(folder).unlink(),
    "a line of the list is gone": lambda folder: (folder / backup.LIST).write_text(""),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_told_and_not_restored(
    filled: config.Settings, elsewhere: config.Settings, tmp_path: Path, damage: str
) -> None:
    make(filled, tmp_path / "backup")
    DAMAGES[damage](tmp_path / "backup")
    assert list(backup.faults(tmp_path / "backup", progress=iter))
    with pytest.raises(Conflict, match="damaged"):
        restore(elsewhere, tmp_path / "backup")
    assert not list(blobs.store_at(elsewhere.blob_url).all())


def test_a_manifest_of_another_kind_is_refused(filled: config.Settings, tmp_path: Path) -> None:
    make(filled, tmp_path / "backup")
    path = tmp_path / "backup" / backup.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(Conflict, match="does not know"):
        backup.read(tmp_path / "backup")


def test_a_backup_of_the_other_database_is_refused(
    filled: config.Settings, elsewhere: config.Settings, tmp_path: Path
) -> None:
    make(filled, tmp_path / "backup")
    other = (
        "postgresql://x/y" if dumps.engine_of(elsewhere.database_url) == "sqlite" else "sqlite:///x"
    )
    with pytest.raises(Conflict, match="uses"):
        restore(replace(elsewhere, database_url=other), tmp_path / "backup")


def test_a_backup_during_writes_is_of_one_moment(
    filled: config.Settings, database: Database, desk: Desk, tmp_path: Path
) -> None:
    """Each transaction writes a ticket and its event: a backup never holds the one alone."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with database.writing() as session:
                for entity in ("one", "two"):
                    from groupware.models import JournalEntry

                    session.add(JournalEntry(at=NOON, act="written", entity=entity))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [make(filled, tmp_path / f"backup{number}") for number in range(3)]
    finally:
        stop.set()
        writer.join()
    for number, each in enumerate(made):
        assert list(backup.faults(tmp_path / f"backup{number}", progress=iter)) == []
        written = each.counts["journal"] - made[0].counts["journal"]
        assert written % 2 == 0
    assert made[-1].counts["journal"] > made[0].counts["journal"]


def test_verify_finds_what_is_wrong_with_an_installation(
    filled: config.Settings, session: Session
) -> None:
    assert list(verify.faults(filled)) == []
    first, second, third = session.query(Attachment).order_by(Attachment.id).all()
    store = blobs.Folder(Path(filled.blob_url.removeprefix("file://")))
    store.remove(first.sha256)
    _flip(store._place(second.sha256))
    third.size += 1
    ticket = session.get_one(Task, first.task_id)
    ticket.reply_count = 7
    ticket.note_file_count = 2
    ticket.change_number += 1000
    session.commit()
    told = "\n".join(verify.faults(filled))
    assert "is missing" in told
    assert "is damaged" in told
    assert "bytes, not" in told
    assert f"ticket {ticket.id} counts 7 replies, and has 1" in told
    assert f"ticket {ticket.id} counts 2 files of notes, and has 0" in told
    assert "at change" in told
    assert len(told.splitlines()) == 6
