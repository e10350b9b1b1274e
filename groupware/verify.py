"""Is a running installation whole? The database, each file, and whatever is counted twice."""

from collections.abc import Iterator

from sqlalchemy import text

from groupware import migrate, module, scrub
from groupware.blobs import store_at
from groupware.config import Settings
from groupware.database import Database


def faults(settings: Settings) -> Iterator[str]:
    """What is wrong, a line each; nothing where all is well."""
    database = Database(settings.database_url)
    try:
        if not migrate.is_current(database):
            yield "The database is not at this version's schema: run `groupware db upgrade`."
            return
        with database.reading() as session:
            if database.engine.dialect.name == "sqlite":
                for line in session.scalars(text("PRAGMA integrity_check")):
                    if line != "ok":
                        yield f"database: {line}"
                for table, row, parent, _key in session.execute(text("PRAGMA foreign_key_check")):
                    yield f"database: row {row} of {table} names a row of {parent} that is not there"
            for part in module.installed():
                for check in part.checks:
                    yield from check(session)
            for fault in scrub.faults(session, store_at(settings.blob_url)):
                yield str(fault)
    finally:
        database.engine.dispose()
