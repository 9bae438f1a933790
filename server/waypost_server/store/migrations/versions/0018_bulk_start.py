"""Plays started for many accounts at once, with their progress."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import Json, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    zero, empty = sa.text("0"), sa.text("''")
    op.create_table(
        "bulk_start",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("play", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("condition", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_account", sa.Text(), server_default=empty, nullable=False),
        sa.Column("total", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("looked_at", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("matched", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("started", sa.Integer(), server_default=zero, nullable=False),
        sa.Column("held", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_bulk_start_running", "bulk_start", ["workspace_id"], postgresql_where=running, sqlite_where=running
    )
