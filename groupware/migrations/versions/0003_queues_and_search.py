"""queues and search

Generated columns and the indexes that queues walk; the full-text index, whose shape each
database has its own way for. Neither can be drawn up from the models: `env.py` leaves them out.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PHASE = (
    "CASE WHEN deleted_at IS NOT NULL THEN 4"
    " WHEN closed IS NOT NULL OR status = 'CANCELLED' THEN 3"
    " WHEN status = 'COMPLETED' THEN 2"
    " WHEN status = 'IN-PROCESS' THEN 1 ELSE 0 END"
)
BAND = (
    "CASE WHEN priority IN (1, 2) THEN 0 WHEN priority IN (3, 4) THEN 1"
    " WHEN priority IN (0, 5) THEN 2 ELSE 3 END"
)
NEWEST = ("last_modified DESC", "id DESC")

INDEXES: dict[str, tuple[tuple[str, ...], str]] = {
    "ix_tasks_phase": (("phase", *NEWEST), ""),
    "ix_tasks_list": (("task_list_id", "phase", *NEWEST), ""),
    "ix_tasks_list_created": (("task_list_id", "phase", "created DESC", "id DESC"), ""),
    "ix_tasks_list_urgency": (("task_list_id", "phase", "band", *NEWEST), ""),
    "ix_tasks_assignee": (("assignee_id", "phase", *NEWEST), ""),
    "ix_tasks_customer": (("customer_id", "phase", *NEWEST), ""),
    "ix_tasks_location": (("location_id", "phase", *NEWEST), ""),
    "ix_tasks_unassigned": (("task_list_id", "phase", *NEWEST), "assignee_id IS NULL"),
    "ix_tasks_list_number": (("task_list_id", "phase", "id"), ""),
    "ix_tasks_list_due": (("task_list_id", "phase", "due", "id"), "due IS NOT NULL"),
}

ACTIVE = "status IN ('NEEDS-ACTION', 'IN-PROCESS') AND deleted_at IS NULL"
EARLIER: dict[str, tuple[tuple[str, ...], str]] = {
    "ix_tasks_active_list": (("task_list_id", "status", *NEWEST), ACTIVE),
    "ix_tasks_active_assignee": (("assignee_id", "status", *NEWEST), ACTIVE),
    "ix_tasks_active_customer": (("customer_id", "status", *NEWEST), ACTIVE),
    "ix_tasks_list_status": (("task_list_id", "status", *NEWEST), ""),
    "ix_tasks_due": (("due", "id"), f"{ACTIVE} AND due IS NOT NULL"),
}


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    kept = "VIRTUAL" if sqlite else "STORED"
    for name, expression in (("phase", PHASE), ("band", BAND)):
        op.execute(
            f"ALTER TABLE tasks ADD COLUMN {name} SMALLINT NOT NULL"
            f" GENERATED ALWAYS AS ({expression}) {kept}"
        )
    _drop(EARLIER)
    _create(INDEXES)
    if sqlite:
        op.execute(
            "CREATE VIRTUAL TABLE task_search USING fts5(public, staff, scope,"
            " tokenize = \"unicode61 remove_diacritics 2\", prefix = '3')"
        )
    else:
        op.execute(
            "CREATE TABLE task_search ("
            " task_id integer PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,"
            " public tsvector NOT NULL, everything tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_task_search_everything ON task_search USING gin (everything)")


def downgrade() -> None:
    op.execute("DROP TABLE task_search")
    _drop(INDEXES)
    _create(EARLIER)
    for name in ("band", "phase"):
        op.execute(f"ALTER TABLE tasks DROP COLUMN {name}")


def _create(indexes: dict[str, tuple[tuple[str, ...], str]]) -> None:
    for name, (columns, where) in indexes.items():
        condition: dict[str, Any] = {}
        if where:
            condition = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
        op.create_index(name, "tasks", [sa.text(column) for column in columns], **condition)


def _drop(indexes: dict[str, tuple[tuple[str, ...], str]]) -> None:
    for name in indexes:
        op.drop_index(name, "tasks")
