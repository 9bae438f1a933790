"""Endpoints of webhooks and chat, and deliveries that are sent again."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("secret_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rotated_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ok_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "channel", "name"),
    )
    op.add_column(
        "delivery", sa.Column("tries_before", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
