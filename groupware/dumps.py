"""A whole database into one file and back, while others write: SQLite's backup, PostgreSQL's dump."""

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, table, text
from sqlalchemy.engine import URL, Connection, make_url

from groupware.database import Base, Database, sqlite_module
from groupware.errors import Conflict

QUEUE_TABLES = "huey_*"


def engine_of(url: str) -> str:
    """`sqlite` or `postgresql`."""
    return make_url(url).get_backend_name()


def name_for(engine: str) -> str:
    """How the file is called in a backup."""
    return {"sqlite": "database.sqlite", "postgresql": "database.dump"}[engine]


def dump(url: str, target: Path) -> dict[str, int]:
    """Write the database as it is at one moment; the number of rows of each table then."""
    if engine_of(url) == "sqlite":
        return _dump_sqlite(sqlite_path(url), target)
    return _dump_postgresql(url, target)


def load(url: str, source: Path) -> None:
    """Put a dumped database in the place of one that holds nothing."""
    if engine_of(url) == "sqlite":
        _load_sqlite(source, sqlite_path(url))
    else:
        _load_postgresql(source, url)


def counts(connection: Connection) -> dict[str, int]:
    """The number of rows of each table of ours that is there."""
    present = set(connection.dialect.get_table_names(connection))
    return {
        name: connection.scalar(select(func.count()).select_from(table(name))) or 0
        for name in sorted(Base.metadata.tables)
        if name in present
    }


def counts_of_file(path: Path) -> dict[str, int]:
    """The same for a dumped SQLite database."""
    with closing(read_only(path)) as connection:
        present = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        names = sorted(Base.metadata.tables.keys() & {name for (name,) in present})
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in names
        }


def read_only(path: Path) -> Any:
    """A connection to a SQLite file that nobody writes; it leaves no trace beside it."""
    return sqlite_module.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def damage_of_file(path: Path) -> list[str]:
    """What SQLite finds wrong with a file."""
    try:
        with closing(read_only(path)) as connection:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check")]
            return [line for line in found if line != "ok"]
    except sqlite_module.Error as error:
        return [str(error)]


def damage_of_dump(path: Path) -> list[str]:
    """What pg_restore finds wrong with the table of contents of a dump."""
    program = _found("pg_restore")
    if program is None:
        return []
    done = subprocess.run(  # noqa: S603
        [program, "--list", str(path)], capture_output=True, text=True, check=False
    )
    return [] if done.returncode == 0 else [_last_line(done.stderr)]


def sqlite_path(url: str) -> Path:
    return Path(make_url(url).database or "").absolute()


def _dump_sqlite(source: Path, target: Path) -> dict[str, int]:
    with (
        closing(sqlite_module.connect(source)) as reading,
        closing(sqlite_module.connect(target)) as writing,
    ):
        reading.execute("PRAGMA busy_timeout=10000")
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")  # one file, with no journal beside it
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return counts_of_file(target)


def _load_sqlite(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", "-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    arriving = target.with_name(target.name + ".arriving")
    shutil.copyfile(source, arriving)
    with arriving.open("rb") as file:
        os.fsync(file.fileno())
    arriving.replace(target)


def _dump_postgresql(url: str, target: Path) -> dict[str, int]:
    program = _program("pg_dump")
    database = Database(url)
    try:
        with database.engine.connect().execution_options(
            isolation_level="REPEATABLE READ"
        ) as connection:
            # The counts and the dump are of the same moment.
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            _run(
                url,
                program,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--exclude-table={QUEUE_TABLES}",
                f"--file={target}",
            )
            return counts(connection)
    finally:
        database.engine.dispose()


def _load_postgresql(source: Path, url: str) -> None:
    _run(
        url,
        _program("pg_restore"),
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        str(source),
    )


def _run(url: str, *command: str) -> None:
    """Run one of PostgreSQL's programs; the password is not shown to who lists processes."""
    parts: URL = make_url(url)
    name = parts.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": parts.password} if parts.password else {})}
    done = subprocess.run(  # noqa: S603
        [*command, f"--dbname={name}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Conflict(f"{Path(command[0]).name} failed: {_last_line(done.stderr)}")


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise Conflict(
            f"{name} is not here: install PostgreSQL's client programs, such as with "
            "`apt install postgresql-client`, of the server's version or a newer one."
        )
    return found


def _found(name: str) -> str | None:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(newest[-1]) if newest else None)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
