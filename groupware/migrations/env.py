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


connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=in_short,
)
context.run_migrations()
