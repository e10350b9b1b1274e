"""One engine for SQLite and PostgreSQL, and the two kinds of session: to read and to write.

A transaction is opened at the edge (request, job, command) and nowhere else:

    with database.writing() as session:      # return is commit, raise is rollback
        tickets.resolve(session, actor, ticket, now=utc_now())
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, func, select
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

sqlite_module: Any = sqlite
"""The SQLite in use, for what goes past SQLAlchemy."""

SOUND_SQLITE = (3, 51, 3)
"""The first SQLite whose WAL survives two connections that checkpoint at once."""

BUSY_TIMEOUT = 10_000
"""Milliseconds that a writer waits for another one."""

ASKS = hasattr(sqlite.Connection, "set_busy_handler")
"""Whether this SQLite asks us if it may wait; Python's own looks every tenth of a second in the end."""

LOOKS_EVERY = 0.005
"""Seconds between two looks of who waits."""

_waits = threading.local()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table; constraints are named alike, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # read by SQLAlchemy


class Database:
    """The engine, and sessions on it."""

    def __init__(self, url: str, **options: Any) -> None:
        self.engine = _engine(url, **options)
        self.writer = self.engine.execution_options(writes=True)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_error: object) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that leaves nothing behind."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose return is commit and whose raise is rollback."""
        with Session(self.writer) as session, session.begin():
            yield session


def let_others(database: Database) -> None:
    """Between two of many transactions: let those write who wait for it, as long as they look."""
    if database.engine.dialect.name == "sqlite":
        time.sleep(LOOKS_EVERY + 0.001 if ASKS else 0.12)


def utc_now() -> datetime:
    """The time; only edges call this, everything below is told it."""
    return datetime.now(UTC)


def one_at_a_time(session: Session, name: str) -> None:
    """Wait until no other transaction is at work under this name, until this one ends.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = func.hashtextextended(name, 0)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def sqlite_is_sound() -> bool:
    """False where this SQLite may lose commits (3.7.0 to 3.51.2, but 3.50.7 and 3.44.6)."""
    version = tuple(sqlite.sqlite_version_info)
    return version >= SOUND_SQLITE or version in ((3, 50, 7), (3, 44, 6))


def sqlite_version() -> str:
    """The version of the SQLite in use."""
    return str(sqlite_module.sqlite_version)


def _engine(url: str, **options: Any) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=60, **options)
        event.listen(engine, "commit", _say_so)
        return engine
    engine = create_engine(
        url,
        module=sqlite,
        connect_args={"check_same_thread": False, "isolation_level": None},
        pool_size=8,
        max_overflow=72,
        pool_use_lifo=True,  # the one used last has its pages at hand
        **options,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _say_so(connection: Connection) -> None:
    # Delivered with the commit; SQLite's readers see a counter move instead (see groupware.live).
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("NOTIFY groupware")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-2000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if ASKS:
        connection.set_busy_handler(_patient)


def _patient(times: int) -> bool:
    """Look again for as long as a writer waits, and often: SQLite by itself rests ever longer."""
    if times == 0:
        _waits.end = time.monotonic() + BUSY_TIMEOUT / 1000
    time.sleep(0.001 if times < 5 else LOOKS_EVERY)
    return bool(time.monotonic() < _waits.end)


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer late gets SQLITE_BUSY at once: writers say so from the start.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
