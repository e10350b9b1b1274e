"""Migrations lead from nothing to the models, and each of them leads back."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from groupware import migrate
from groupware.database import Base, Database
from groupware.paths import PACKAGE

FILES = sorted((PACKAGE / "migrations" / "versions").glob("[0-9]*.py"))
REVISIONS = [path.name.split("_")[0] for path in FILES]


def test_revisions_are_numbered_and_linear() -> None:
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
    for number, path in enumerate(FILES):
        text = path.read_text(encoding="utf-8")
        before = re.search(r'^down_revision.*= "?(\w+)"?', text, re.MULTILINE)
        assert before is not None
        assert before[1] == (REVISIONS[number - 1] if number else "None")


def test_models_equal_the_migrated_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_object": _drawn_from_models},
        )
        assert compare_metadata(context, Base.metadata) == []


def _drawn_from_models(
    _item: object,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001
    _to: object,
) -> bool:
    # The search index is each database's own; it can't be drawn from the models.
    return not (kind == "table" and reflected and (name or "").startswith("task_search"))


def test_generated_columns_are_there(database: Database) -> None:
    columns = {column["name"] for column in inspect(database.engine).get_columns("tasks")}
    assert {"phase", "band"} <= columns


@pytest.mark.example
@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_a_migration_goes_down_and_up_again_on_data(database: Database, revision: str) -> None:
    before = _rows(database)
    migrate.downgrade(database, f"{int(revision) - 1:04}")
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    after = _rows(database)
    # What only the newer tables hold is lost on the way down; people and tickets are not.
    for table in ("users", "addresses", "groups", "acl_entries", "tasks", "comments", "journal"):
        assert len(after[table]) == len(before[table]), table


def test_everything_can_be_taken_down(database: Database) -> None:
    migrate.downgrade(database, "base")
    left = set(inspect(database.engine).get_table_names())
    assert left <= {"alembic_version", "sqlite_sequence"}
    migrate.upgrade(database)
    assert migrate.is_current(database)


def _rows(database: Database) -> dict[str, list[str]]:
    with database.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }
