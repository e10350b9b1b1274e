"""Saved views and their order; an index for what somebody looked at last."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hue", sa.SmallInteger(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("acl_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["acl_id"], ["acls.id"], name=op.f("fk_saved_views_acl_id")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_saved_views_owner_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("acl_id", name=op.f("uq_saved_views_acl_id")),
    )
    op.create_table(
        "saved_view_places",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("view_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_view_places_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["view_id"],
            ["saved_views.id"],
            name=op.f("fk_saved_view_places_view_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "view_id", name=op.f("pk_saved_view_places")),
    )
    op.create_index("ix_saved_view_places_view_id", "saved_view_places", ["view_id"])
    op.create_index("ix_seen_at", "seen", ["user_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_seen_at", table_name="seen")
    op.drop_index("ix_saved_view_places_view_id", table_name="saved_view_places")
    op.drop_table("saved_view_places")
    op.drop_table("saved_views")
