"""Files' bytes under their own hash."""

import hashlib
import os
from pathlib import Path

import pytest

from groupware.blobs import Folder


def test_bytes_come_back_under_their_hash_and_twice_is_once(tmp_path: Path) -> None:
    store = Folder(tmp_path)
    first, second = store.put([b"a ", b"cable"]), store.put([b"a cable"])
    assert first == second
    assert first.sha256 == hashlib.sha256(b"a cable").hexdigest()
    with store.open(first.sha256) as stream:
        assert stream.read() == b"a cable"


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"a "
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Folder(tmp_path).put(broken())  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_the_descriptor_stands_where_the_stream_does(tmp_path: Path) -> None:
    """A server copies a file by its descriptor, after somebody looked at its first bytes."""
    store = Folder(tmp_path)
    blob = store.put([b"a cable"])
    with store.open(blob.sha256) as stream:
        stream.read(2)
        stream.seek(0)
        assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == 0
