"""Public replies in calendars, where a list says so; when all of a list came to look different."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "task_lists", sa.Column("faces_changed", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "task_lists",
        sa.Column("replies_in_calendar", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.drop_column("tasks", "foreign_lines")  # nothing was ever kept in it


def downgrade() -> None:
    op.add_column("tasks", sa.Column("foreign_lines", sa.Text(), nullable=True))
    op.drop_column("task_lists", "replies_in_calendar")
    op.drop_column("task_lists", "faces_changed")
