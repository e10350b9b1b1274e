"""A backup: a folder with the database, the files, and a manifest that is written last.

    manifest.json     what was backed up, when, by which version; hashes of the two below
    database.sqlite   or database.dump: the database at one moment
    files.txt         hash and size of each file
    files/ab/abcd…    the files
    secret_key        where the installation keeps its own

The files are copied, then the database, then the files that came meanwhile: a file that a row
names is there whichever way, since what is new is never collected within a day.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

import groupware
from groupware import dumps, migrate, worker
from groupware.blobs import Folder, Store, chunks_of, store_at
from groupware.config import Settings
from groupware.database import Database
from groupware.errors import Conflict
from groupware.models import User

FORMAT = 1
MANIFEST, LIST, FILES, KEY = "manifest.json", "files.txt", "files", "secret_key"

Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    version: str
    engine: str
    database: str
    files: str
    counts: dict[str, int]
    format: int = FORMAT


def make(settings: Settings, folder: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Back an installation up while it runs, into a folder that holds nothing yet."""
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty: a backup goes into a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    engine = dumps.engine_of(settings.database_url)
    source, target = store_at(settings.blob_url), Folder(folder / FILES)
    sizes = _copy(source, target, progress)
    dumped = folder / dumps.name_for(engine)
    counts = dumps.dump(settings.database_url, dumped)
    sizes |= _copy(source, target, progress)
    with (folder / LIST).open("w", encoding="ascii") as listing:
        listing.writelines(f"{sha256} {size}\n" for sha256, size in sorted(sizes.items()))
    if (key := settings.data / KEY).is_file():
        shutil.copyfile(key, folder / KEY)
        (folder / KEY).chmod(0o600)
    manifest = Manifest(
        made_at=now.isoformat(),
        version=groupware.__version__,
        engine=engine,
        database=hash_of(dumped),
        files=hash_of(folder / LIST),
        counts=counts,
    )
    _write(folder / MANIFEST, json.dumps(vars(manifest), indent=2) + "\n")
    return manifest


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises Conflict where there is none that can be read."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**values)
    except (OSError, ValueError, TypeError) as error:
        raise Conflict(f"{folder} holds no whole backup: {MANIFEST} cannot be read.") from error
    if manifest.format != FORMAT or manifest.engine not in ("sqlite", "postgresql"):
        raise Conflict(f"{folder} was made by a version that this one does not know.")
    return manifest


def faults(folder: Path, *, progress: Progress) -> Iterator[str]:
    """What is wrong with a backup; nothing where it is whole."""
    manifest = read(folder)
    dumped = folder / dumps.name_for(manifest.engine)
    if not dumped.is_file() or hash_of(dumped) != manifest.database:
        yield f"{dumped.name} is missing or damaged."
    elif manifest.engine == "sqlite":
        yield from (f"{dumped.name}: {line}" for line in dumps.damage_of_file(dumped))
        if dumps.counts_of_file(dumped) != manifest.counts:
            yield f"{dumped.name} does not hold what the manifest says."
    else:
        yield from (f"{dumped.name}: {line}" for line in dumps.damage_of_dump(dumped))
    listing = folder / LIST
    if not listing.is_file() or hash_of(listing) != manifest.files:
        yield f"{LIST} is missing or damaged."
        return
    store = Folder(folder / FILES)
    for line in progress(listing.read_text(encoding="ascii").splitlines()):
        sha256, size = line.split()
        if what := _fault_of(store, sha256, int(size)):
            yield f"{FILES}/{sha256[:2]}/{sha256} {what}."


def restore(settings: Settings, folder: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Bring a backup back into an installation that holds nothing; refuses any other."""
    manifest = read(folder)
    engine = dumps.engine_of(settings.database_url)
    if engine != manifest.engine:
        raise Conflict(f"The backup is of {manifest.engine}, and this installation uses {engine}.")
    _require_empty(settings, now)
    if found := next(faults(folder, progress=progress), None):
        raise Conflict(f"The backup is damaged, and nothing was restored: {found}")
    _copy(Folder(folder / FILES), store_at(settings.blob_url), progress)
    if (folder / KEY).is_file():
        _write(settings.data / KEY, (folder / KEY).read_text(encoding="ascii"), 0o600)
    dumps.load(settings.database_url, folder / dumps.name_for(engine))
    database = Database(settings.database_url)
    migrate.upgrade(database)
    database.engine.dispose()
    return manifest


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_empty(settings: Settings, now: datetime) -> None:
    full = "This installation is not empty: a backup is restored into a new one only."
    if next(iter(store_at(settings.blob_url).all()), None):
        raise Conflict(full)
    url = settings.database_url
    if dumps.engine_of(url) == "sqlite" and not dumps.sqlite_path(url).exists():
        return
    database = Database(url)
    try:
        with database.reading() as session:
            if not _has_tables(database):
                return
            if session.scalar(select(User.id).limit(1)) is not None:
                raise Conflict(full)
            if worker.alive(session, now):
                raise Conflict("The desk is running here: stop it first.")
    except SQLAlchemyError as error:
        raise Conflict(f"The database cannot be read: {type(error).__name__}.") from error
    finally:
        database.engine.dispose()


def _has_tables(database: Database) -> bool:
    with database.engine.connect() as connection:
        return User.__tablename__ in connection.dialect.get_table_names(connection)


def _copy(source: Store, target: Store, progress: Progress) -> dict[str, int]:
    """Copy what is not there yet; the size of each by its hash.

    Damaged bytes arrive under the hash of what they are: their own is missing then.
    """
    sizes = {}
    for sha256, _at in progress(source.all()):
        try:
            with source.open(sha256) as file:
                sizes[sha256] = file.seek(0, os.SEEK_END)
                file.seek(0)
                if not target.exists(sha256):
                    target.put(chunks_of(file))
        except FileNotFoundError:
            continue  # it belonged to nothing, and was collected just now
    return sizes


def _fault_of(store: Store, sha256: str, size: int) -> str:
    if not store.exists(sha256):
        return "is missing"
    digest, found = hashlib.sha256(), 0
    with store.open(sha256) as file:
        for chunk in chunks_of(file):
            digest.update(chunk)
            found += len(chunk)
    return "" if (digest.hexdigest(), found) == (sha256, size) else "is damaged"


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    arriving = path.with_name(path.name + ".arriving")
    handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    arriving.replace(path)
