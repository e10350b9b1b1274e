"""Imports of calendars, beside those of tables."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "import_runs", sa.Column("kind", sa.String(8), server_default="table", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("import_runs", "kind")
