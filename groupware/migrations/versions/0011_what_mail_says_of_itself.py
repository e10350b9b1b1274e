"""what mail says of itself"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'{}'")
    op.add_column(
        "inbound_mail", sa.Column("told", sa.JSON(), nullable=False, server_default=empty)
    )
    op.add_column(
        "placements", sa.Column("quoted", sa.JSON(), nullable=False, server_default=empty)
    )
    op.create_index("ix_inbound_mail_sender", "inbound_mail", ["sender", "processed_at"])


def downgrade() -> None:
    op.drop_index("ix_inbound_mail_sender", "inbound_mail")
    with op.batch_alter_table("placements") as table:
        table.drop_column("quoted")
    with op.batch_alter_table("inbound_mail") as table:
        table.drop_column("told")
