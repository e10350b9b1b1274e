"""letters and their delivery"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbound_mail", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=16), nullable=False, server_default="account")
        )
        batch_op.add_column(sa.Column("mailbox_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("envelope", sa.String(length=400), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("log", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.create_index(
            "ix_outbound_mail_recipient", ["recipient", "kind", "created_at"], unique=False
        )
    op.create_table(
        "letters",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_letters_comment_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["outbound_mail.id"], name=op.f("fk_letters_mail_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_letters_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_letters_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_comment_id", "letters", ["comment_id"])
    op.create_index("ix_letters_task_id", "letters", ["task_id"])
    op.create_table(
        "correspondence",
        sa.Column("task_list_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("acknowledge", sa.String(length=8), nullable=False),
        sa.Column("tell_resolved", sa.Boolean(), nullable=False),
        sa.Column("tell_closed", sa.Boolean(), nullable=False),
        sa.Column("tell_handed_over", sa.Boolean(), nullable=False),
        sa.Column("quote", sa.Boolean(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["mailboxes.id"],
            name=op.f("fk_correspondence_mailbox_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["task_list_id"],
            ["task_lists.id"],
            name=op.f("fk_correspondence_task_list_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_list_id", name=op.f("pk_correspondence")),
    )
    op.create_table(
        "letter_texts",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "language", name=op.f("pk_letter_texts")),
    )


def downgrade() -> None:
    op.drop_table("letter_texts")
    op.drop_table("correspondence")
    op.drop_table("letters")
    with op.batch_alter_table("outbound_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_outbound_mail_recipient")
        batch_op.drop_column("log")
        batch_op.drop_column("envelope")
        batch_op.drop_column("mailbox_id")
        batch_op.drop_column("kind")
