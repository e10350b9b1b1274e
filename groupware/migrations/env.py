"""Alembic's entry: the connection comes from `groupware.migrate`."""

from typing import Any, Literal

from alembic import context

from groupware import module
from groupware.database import Base, UtcDateTime

module.installed()


def in_short(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Times stand in migrations as what the database keeps."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def drawn_up(_item: Any, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """False for what is written by hand: the full-text index, and generated columns."""
    if kind == "table":
        return not (name or "").startswith("task_search")
    return not (kind == "column" and name in ("phase", "band"))


connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=in_short,
    include_object=drawn_up,
)
context.run_migrations()
