"""A PostgreSQL server of the tests' own, on loopback, in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, or None."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server without a database name; it is gone afterwards."""
    folder = programs()
    assert folder is not None
    with tempfile.TemporaryDirectory(prefix="pg") as home:
        Path(home).chmod(0o711)
        data = Path(home) / "data"
        data.mkdir()
        demote: dict[str, object] = {}
        if os.geteuid() == 0:  # the server refuses to be root
            account = pwd.getpwnam("postgres")
            os.chown(data, account.pw_uid, account.pw_gid)
            os.chown(home, account.pw_uid, account.pw_gid)
            demote = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

        def run(*command: str) -> None:
            done = subprocess.run(  # noqa: S603
                command, cwd=home, capture_output=True, text=True, check=False, **demote
            )
            log = Path(home) / "log"
            told = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            assert done.returncode == 0, done.stdout + done.stderr + told

        run(f"{folder}/initdb", "-D", str(data), "-U", "desk", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        port = free_port()  # only now: making the files takes its time
        options = (
            f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c max_connections=200"
            " -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
        )
        run(
            f"{folder}/pg_ctl",
            "-D",
            str(data),
            "-w",
            "-t",
            "180",
            "-l",
            f"{home}/log",
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql+psycopg://desk@127.0.0.1:{port}"
        finally:
            run(f"{folder}/pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
