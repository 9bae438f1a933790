"""Runs about users, what started them, and what conditions that start plays said last."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OCCURRENCE = ["workspace_id", "account_id", "play", "occurrence"]


def upgrade() -> None:
    empty = sa.text("''")
    op.add_column("play_run", sa.Column("user_id", sa.Text(), server_default=empty, nullable=False))
    op.add_column("play_run", sa.Column("cause", Json, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("nudge_grant", sa.Column("user_id", sa.Text(), server_default=empty, nullable=False))
    op.drop_index("uq_play_run_occurrence", "play_run")
    op.create_index("uq_play_run_occurrence", "play_run", [*OCCURRENCE, "user_id"], unique=True)
    op.create_table(
        "play_watch",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("play", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=empty, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "play", "user_id"),
    )
