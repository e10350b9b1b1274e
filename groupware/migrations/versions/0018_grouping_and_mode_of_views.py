"""By what a saved view puts tickets together, and the way in which it opens."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, usual in (("grouping", "status"), ("mode", "list")):
        column = sa.Column(name, sa.String(length=10), nullable=False, server_default=usual)
        op.add_column("saved_views", column)


def downgrade() -> None:
    op.drop_column("saved_views", "mode")
    op.drop_column("saved_views", "grouping")
