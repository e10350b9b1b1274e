"""keep the list beside the assignee"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEWEST = [sa.text("last_modified DESC"), sa.text("id DESC")]


def upgrade() -> None:
    op.drop_index("ix_tasks_assignee", "tasks")
    op.create_index("ix_tasks_assignee", "tasks", ["assignee_id", "phase", *NEWEST, "task_list_id"])


def downgrade() -> None:
    op.drop_index("ix_tasks_assignee", "tasks")
    op.create_index("ix_tasks_assignee", "tasks", ["assignee_id", "phase", *NEWEST])
