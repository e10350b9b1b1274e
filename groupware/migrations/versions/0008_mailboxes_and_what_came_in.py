"""mailboxes and what came in"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("protocol", sa.String(length=8), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("tls", sa.String(length=8), nullable=False),
        sa.Column("folder", sa.String(length=200), nullable=False),
        sa.Column("user", sa.String(length=320), nullable=False),
        sa.Column("auth", sa.String(length=8), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("allow_large", sa.Boolean(), nullable=False),
        sa.Column("authserv_id", sa.String(length=255), nullable=False),
        sa.Column("plus_addresses", sa.Boolean(), nullable=False),
        sa.Column("smtp_host", sa.String(length=255), nullable=False),
        sa.Column("smtp_port", sa.Integer(), nullable=False),
        sa.Column("smtp_tls", sa.String(length=8), nullable=False),
        sa.Column("smtp_user", sa.String(length=320), nullable=False),
        sa.Column("smtp_auth", sa.String(length=8), nullable=False),
        sa.Column("sealed_smtp_secret", sa.Text(), nullable=False),
        sa.Column("from_name", sa.String(length=200), nullable=False),
        sa.Column("from_address", sa.String(length=320), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(length=100), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("address", name=op.f("uq_mailboxes_address")),
        sa.UniqueConstraint("name", name=op.f("uq_mailboxes_name")),
    )
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("archive", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=250), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_inbound_mail_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mail")),
        sa.UniqueConstraint(
            "mailbox_id",
            "uidvalidity",
            "uid",
            name=op.f("uq_inbound_mail_mailbox_id_uidvalidity_uid"),
        ),
    )
    op.create_index("ix_inbound_mail_content", "inbound_mail", ["mailbox_id", "content_hash"])
    op.create_index(
        "ix_inbound_mail_due",
        "inbound_mail",
        ["due_at", "id"],
        sqlite_where=sa.text("stage = 'waiting'"),
        postgresql_where=sa.text("stage = 'waiting'"),
    )
    op.create_index("ix_inbound_mail_message_id", "inbound_mail", ["message_id"])
    op.create_index("ix_inbound_mail_sha256", "inbound_mail", ["sha256"])
    op.create_index("ix_inbound_mail_stage", "inbound_mail", ["stage", "id"])

    op.create_table(
        "contacts",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("folded", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_contacts_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_folded", "contacts", ["folded"])

    op.create_table(
        "intakes",
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("task_list_id", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.String(length=12), nullable=False),
        sa.Column("register_group_id", sa.Integer(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["locations.id"],
            name=op.f("fk_intakes_location_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_intakes_mailbox_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["register_group_id"],
            ["groups.id"],
            name=op.f("fk_intakes_register_group_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["task_list_id"], ["task_lists.id"], name=op.f("fk_intakes_task_list_id")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_intakes")),
    )
    op.create_index("ix_intakes_task_list_id", "intakes", ["task_list_id"])

    op.create_table(
        "intake_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("field", sa.String(length=9), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("task_list_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"],
            ["intakes.mailbox_id"],
            name=op.f("fk_intake_rules_mailbox_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_list_id"], ["task_lists.id"], name=op.f("fk_intake_rules_task_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_rules")),
    )
    op.create_index("ix_intake_rules_mailbox_id", "intake_rules", ["mailbox_id"])

    op.create_table(
        "placements",
        sa.Column("inbound_mail_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_from_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_placements_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["inbound_mail_id"],
            ["inbound_mail.id"],
            name=op.f("fk_placements_inbound_mail_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moved_from_id"],
            ["tasks.id"],
            name=op.f("fk_placements_moved_from_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_placements_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("inbound_mail_id", name=op.f("pk_placements")),
    )
    op.create_index("ix_placements_comment_id", "placements", ["comment_id"])
    op.create_index("ix_placements_task", "placements", ["task_id", "inbound_mail_id"])


def downgrade() -> None:
    op.drop_index("ix_placements_task", "placements")
    op.drop_index("ix_placements_comment_id", "placements")

    op.drop_table("placements")
    op.drop_index("ix_intake_rules_mailbox_id", "intake_rules")

    op.drop_table("intake_rules")
    op.drop_index("ix_intakes_task_list_id", "intakes")

    op.drop_table("intakes")
    op.drop_index("ix_contacts_folded", "contacts")

    op.drop_table("contacts")
    op.drop_index("ix_inbound_mail_stage", "inbound_mail")
    op.drop_index("ix_inbound_mail_sha256", "inbound_mail")
    op.drop_index("ix_inbound_mail_message_id", "inbound_mail")
    op.drop_index(
        "ix_inbound_mail_due",
        "inbound_mail",
        sqlite_where=sa.text("stage = 'waiting'"),
        postgresql_where=sa.text("stage = 'waiting'"),
    )
    op.drop_index("ix_inbound_mail_content", "inbound_mail")

    op.drop_table("inbound_mail")
    op.drop_table("mailboxes")
