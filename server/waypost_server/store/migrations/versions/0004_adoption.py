"""Adoption scores by week, what an account's peers do, and the latest of both on the account."""

import sqlalchemy as sa
from alembic import op

from sqlalchemy.dialects import postgresql

from waypost_server.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "adoption_score",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("scored_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "definition", "week"),
    )
    op.create_table(
        "account_peers",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("peers", sa.Integer(), nullable=False),
        sa.Column("shares", JSON, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id"),
    )
    op.create_table(
        "peer_week",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("computed_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "week"),
    )
    op.add_column("account", sa.Column("adoption", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("adoption_score", sa.Double(), nullable=True))
    op.add_column("account", sa.Column("unmet_behaviours", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("next_step", sa.Text(), nullable=True))
