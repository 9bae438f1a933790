"""What values were before they changed, and when a nudge was granted: for questions about the past."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_value",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "subject", "field", "at", name="pk_past_value"),
    )
    op.add_column("nudge_grant", sa.Column("granted_at", UtcDateTime(timezone=True), nullable=True))
