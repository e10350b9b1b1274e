"""index waiting tickets"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tasks_waiting",
            [
                "task_list_id",
                "phase",
                sa.literal_column("last_modified DESC"),
                sa.literal_column("id DESC"),
            ],
            unique=False,
            sqlite_where=sa.text("waiting IS NOT NULL"),
            postgresql_where=sa.text("waiting IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tasks_waiting",
            sqlite_where=sa.text("waiting IS NOT NULL"),
            postgresql_where=sa.text("waiting IS NOT NULL"),
        )
