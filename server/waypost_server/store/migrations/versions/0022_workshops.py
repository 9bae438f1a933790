"""Workshops: when they take place, who is invited, and what became of it."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
EMPTY, NONE = sa.text("''"), sa.text("0")
UNCHECKED = sa.text("followed_up_at is null")


def upgrade() -> None:
    op.create_table(
        "workshop_slot",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workshop", sa.Text(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("revision", sa.Integer(), nullable=False, server_default=NONE),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=EMPTY),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("follow_up_at", UtcDateTime(), nullable=False),
        sa.Column("followed_up_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_index("ix_workshop_slot_start", "workshop_slot", ["workspace_id", "workshop", "starts_at"])
    op.create_index(
        "ix_workshop_slot_follow_up",
        "workshop_slot",
        ["follow_up_at"],
        postgresql_where=UNCHECKED,
        sqlite_where=UNCHECKED,
    )
    op.create_table(
        "workshop_invitation",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slot_id", sa.Text(), nullable=False),
        sa.Column("workshop", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("invited_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("marked_at", UtcDateTime(), nullable=True),
        sa.Column("did", sa.Boolean(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_index(
        "uq_workshop_invitation", "workshop_invitation", ["workspace_id", "slot_id", "user_id"], unique=True
    )
    op.create_index(
        "ix_workshop_invitation_user", "workshop_invitation", ["workspace_id", "workshop", "user_id"]
    )
    for name in ("invitation_id", "calendar"):
        op.add_column("delivery", sa.Column(name, sa.Text(), nullable=False, server_default=EMPTY))
    op.add_column("message_draft", sa.Column("invitation_id", sa.Text(), nullable=False, server_default=EMPTY))
