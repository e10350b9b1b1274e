"""What calendar clients need kept beside tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dav_gone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_list_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("change_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_list_id"],
            ["task_lists.id"],
            name=op.f("fk_dav_gone_task_list_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dav_gone")),
    )
    with op.batch_alter_table("dav_gone", schema=None) as batch_op:
        batch_op.create_index("ix_dav_gone_list", ["task_list_id", "change_number"], unique=False)

    op.create_table(
        "dav_looks",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("task_list_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("colour", sa.String(length=32), nullable=False),
        sa.Column("position", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_list_id"],
            ["task_lists.id"],
            name=op.f("fk_dav_looks_task_list_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_dav_looks_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "task_list_id", name=op.f("pk_dav_looks")),
    )
    with op.batch_alter_table("dav_looks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dav_looks_task_list_id"), ["task_list_id"], unique=False
        )

    op.create_table(
        "dav_snapshots",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_dav_snapshots_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_dav_snapshots")),
    )
    op.create_table(
        "dav_names",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_dav_names_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_dav_names")),
    )
    with op.batch_alter_table("dav_names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dav_names_name"), ["name"], unique=False)

    op.create_table(
        "dav_personal_changes",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("change_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_dav_personal_changes_task_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_dav_personal_changes_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "task_id", name=op.f("pk_dav_personal_changes")),
    )
    with op.batch_alter_table("dav_personal_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dav_personal_changes_task_id"), ["task_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("dav_personal_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dav_personal_changes_task_id"))

    op.drop_table("dav_personal_changes")
    with op.batch_alter_table("dav_names", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dav_names_name"))

    op.drop_table("dav_names")
    op.drop_table("dav_snapshots")
    with op.batch_alter_table("dav_looks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dav_looks_task_list_id"))

    op.drop_table("dav_looks")
    with op.batch_alter_table("dav_gone", schema=None) as batch_op:
        batch_op.drop_index("ix_dav_gone_list")

    op.drop_table("dav_gone")
