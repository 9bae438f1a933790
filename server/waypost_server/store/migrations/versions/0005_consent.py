"""What users allowed and refused, per channel and topic."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "channel", "topic"),
    )
