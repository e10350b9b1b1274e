"""Files' bytes under their own SHA-256: whole or absent, and written before the row that names them."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

CHUNK = 256 * 1024


@dataclass(frozen=True)
class Blob:
    """What was stored."""

    sha256: str
    size: int


class Store(Protocol):
    """Where bytes are kept by their hash."""

    def put(self, chunks: Iterable[bytes]) -> Blob: ...
    def open(self, sha256: str) -> BinaryIO: ...
    def exists(self, sha256: str) -> bool: ...
    def remove(self, sha256: str) -> None: ...
    def all(self) -> Iterator[tuple[str, datetime]]: ...
    def stored_at(self, sha256: str) -> datetime | None: ...


class Folder:
    """A local folder as store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lasting: set[str] = set()  # subfolders that are on the disk since we looked

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Bytes under their own hash; writing twice is harmless."""
        self.path.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self._place(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(target.parent)
        if target.parent.name not in self._lasting:
            _sync(self.path)
            self._lasting.add(target.parent.name)
        return Blob(digest.hexdigest(), size)

    def open(self, sha256: str) -> BinaryIO:
        """The bytes; FileNotFoundError where there are none.

        Without a buffer: a server that copies by the descriptor goes on from where that stands,
        and a buffer would have read ahead.
        """
        return self._place(sha256).open("rb", buffering=0)

    def exists(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def remove(self, sha256: str) -> None:
        self._place(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[tuple[str, datetime]]:
        """Everything that is stored, and since when."""
        for place in self.path.glob("[0-9a-f][0-9a-f]/*"):
            if len(place.name) == 64 and (at := self.stored_at(place.name)):
                yield place.name, at

    def stored_at(self, sha256: str) -> datetime | None:
        """When these bytes were last put; None where they are not here."""
        try:
            return datetime.fromtimestamp(self._place(sha256).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def _place(self, sha256: str) -> Path:
        return self.path / sha256[:2] / sha256


def store_at(url: str) -> Store:
    """The store that a URL names: `file:///folder`."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise ValueError(f"{parts.scheme}: is no store of files that is known here")
    return Folder(Path(unquote(parts.path)))


def chunks_of(stream: BinaryIO) -> Iterable[bytes]:
    """A stream in pieces, so that a large file never lies in memory."""
    while chunk := stream.read(CHUNK):
        yield chunk


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
