"""What all tests share: real databases, the smallest valid things, a client that is signed in."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import EnvironBuilder, FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache

from groupware import blobs, config, migrate, passwords
from groupware.database import Database
from groupware.models import User
from groupware.web.app import Groupware, create_app
from modules.support import demo
from tests import postgres
from tests.factories import NOON, PASSWORD, Desk, Make

hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile("steady")
"""The same examples each time, however busy the machine: what is measured is processor time."""

ENGINES = ("sqlite", "postgresql")
REAL_HASHER = passwords._hasher
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is quick comes first, browsers last."""
    items.sort(key=lambda item: [bool(item.get_closest_marker(n)) for n in ("browser", "slow")])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if skipped := _skipped(terminalreporter.config):
        reasons = sorted({report.longrepr[2] for report in skipped})
        terminalreporter.write_line("Skipped: " + "; ".join(reasons), yellow=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where GROUPWARE_TEST_ALL is set, a test that was skipped is a failure."""
    if os.environ.get("GROUPWARE_TEST_ALL") and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped(pytest_config: pytest.Config) -> list[Any]:
    reporter = pytest_config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """No test reaches a socket beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert address[0] in ("127.0.0.1", "::1", "localhost"), address
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test has an application of its own; compiling its templates anew takes most of the time."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Groupware.jinja_options = {**Groupware.jinja_options, "bytecode_cache": kept}


@pytest.fixture(autouse=True, scope="session")
def _statements_compiled_once() -> None:
    """Every test has an engine of its own; what one has compiled is there for all of its kind."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    compiled = LRUCache(2_000)

    def share(self: Engine, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        self._compiled_cache = compiled  # type: ignore[assignment]

    made = Engine.__init__
    Engine.__init__ = share  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _passwords_hashed_quickly() -> Iterator[None]:
    """As slow as they must be, they would take more of the time than what is tested."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("groupware.passwords._hasher", PasswordHasher(1, 8, 1))
        yield


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as they are for people."""
    monkeypatch.setattr("groupware.passwords._hasher", REAL_HASHER)
    monkeypatch.setattr("groupware.passwords._nobodys", cache(passwords._nobodys.__wrapped__))
    monkeypatch.setattr("tests.factories.hashed_once", passwords.hashed)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, by GROUPWARE_TEST_POSTGRESQL or of our own; else the test is skipped."""
    if given := os.environ.get("GROUPWARE_TEST_POSTGRESQL"):
        yield given.rstrip("/")
    elif postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed")
    else:
        with postgres.server() as url:
            yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    with Database(f"sqlite:///{path}") as database:
        migrate.upgrade(database)
        _into_one_file(database)
    return path


@pytest.fixture(scope="session")
def _sqlite_example(
    _sqlite_template: Path, example_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("example") / "example.db"
    shutil.copy(_sqlite_template, path)
    with Database(f"sqlite:///{path}") as database:
        with database.writing() as session:
            demo.begin(session, blobs.Folder(example_files), now=NOON)
        _into_one_file(database)
    return path


def _into_one_file(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(scope="session")
def example_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the example organisation; to be copied where one writes."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def _postgres_template(postgres_url: str) -> Iterator[str]:
    name = f"template_{os.getpid()}"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    database = Database(f"{postgres_url}/{name}")
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        version = connection.dialect.server_version_info or (0,)
    database.engine.dispose()
    # Copying its files takes a third of the time of logging their contents.
    yield name if version < (15,) else f"{name} STRATEGY file_copy"
    _administer(postgres_url, f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def _postgres_example(
    postgres_url: str, _postgres_template: str, example_files: Path
) -> Iterator[str]:
    name = f"example_{os.getpid()}"
    _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {_postgres_template}")
    with Database(f"{postgres_url}/{name}") as database, database.writing() as session:
        demo.begin(session, blobs.Folder(example_files), now=NOON)
    yield _postgres_template.replace("template_", "example_")
    _administer(postgres_url, f"DROP DATABASE {name}")


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, on SQLite and then on PostgreSQL.

    Of a test that is marked so, the example organisation is in it, as of NOON.
    """
    kind = "example" if request.node.get_closest_marker("example") else "template"
    if request.param == "sqlite":
        path = tmp_path / "groupware.db"
        shutil.copy(request.getfixturevalue(f"_sqlite_{kind}"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue(f"_postgres_{kind}")
    name = f"desk_{os.getpid()}_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{server}/{name}"
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session that may write; what it wrote is seen by others once the test commits."""
    with Session(database.writer, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def make(session: Session) -> Make:
    return Make(session)


@pytest.fixture
def desk(make: Make) -> Desk:
    return Desk(make)


Statements = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def statements(database: Database) -> Statements:
    """`with statements() as sent:` collects the SQL that reaches the database meanwhile.

    Settings are left out: a process asks for them every few seconds, whichever request that meets.
    """

    @contextmanager
    def collect() -> Iterator[list[str]]:
        sent: list[str] = []

        def heard(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")) and "FROM settings" not in statement:
                sent.append(statement)

        event.listen(database.engine, "before_cursor_execute", heard)
        try:
            yield sent
        finally:
            event.remove(database.engine, "before_cursor_execute", heard)

    return collect


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> config.Settings:
    return config.read(
        {
            "GROUPWARE_DATA": str(tmp_path / "data"),
            "GROUPWARE_DATABASE_URL": database_url,
            "GROUPWARE_BASE_URL": "http://localhost",
        }
    )


@pytest.fixture
def app(settings: config.Settings, database: Database) -> Flask:
    return create_app(settings, database)


SignedIn = Callable[[User | None], FlaskClient]


@pytest.fixture
def signed_in(app: Flask, session: Session) -> SignedIn:
    """A client as this person, or as nobody. Commits what the test has made so far.

    The client's `send(path, **form)` posts with the CSRF token of the session.
    """

    def client_of(user: User | None) -> FlaskClient:
        session.commit()
        client = Client(app, app.response_class)
        if user is not None:
            answer = client.send("/login", address=user.address, password=PASSWORD)
            assert answer.status_code == 303, answer.text
        return client

    return client_of


class Client(FlaskClient):
    """A browser without eyes."""

    def send(self, path: str, data: Any = None, **form: Any) -> Any:
        """Post a form as its page would."""
        token = self.get("/csrf").get_json()["csrf_token"]
        values = {**(data or {}), **form, "csrf_token": token}
        headers = {"Sec-Fetch-Site": "same-origin"}
        builder = EnvironBuilder(
            self.application, path, method="POST", data=values, headers=headers
        )
        environ = builder.get_environ()
        try:
            return self.open(environ)
        finally:  # large files lie in temporary ones
            environ["wsgi.input"].close()
            builder.close()


def _administer(url: str, statement: str) -> None:
    database = Database(f"{url}/postgres")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    database.engine.dispose()
