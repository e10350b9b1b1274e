"""Bring a database to the schema of this version."""

import sys
import tempfile
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from groupware.database import Database
from groupware.paths import PACKAGE


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply what is missing, in one transaction where the database can."""
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> None:
    """Go back to an earlier revision."""
    _run(database, lambda config: command.downgrade(config, revision))


def is_current(database: Database) -> bool:
    """True where nothing is missing."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def new_revision(message: str) -> None:
    """Write the next numbered migration: what the models have and a fresh database lacks."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        upgrade(database)
        number = len(list((PACKAGE / "migrations" / "versions").glob("[0-9]*.py"))) + 1
        _run(
            database,
            lambda config: command.revision(
                config, message, autogenerate=True, rev_id=f"{number:04}"
            ),
        )


def _run(database: Database, act: Callable[[Config], object]) -> None:
    with database.writer.begin() as connection:
        act(_config(connection))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    new_revision(sys.argv[1])
