"""Kill switches, a daily ceiling, and a second pair of eyes before a play writes to many people."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
EMPTY = sa.text("''")


def upgrade() -> None:
    op.create_table(
        "sending_stop",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "send_day",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("play", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", "play"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "approval",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("play", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=EMPTY),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_index("uq_approval_wording", "approval", ["workspace_id", "play", "wording"], unique=True)
    op.add_column("delivery", sa.Column("approval_id", sa.Text(), nullable=False, server_default=EMPTY))
    op.add_column("delivery", sa.Column("counted_on", sa.Date(), nullable=True))
    waiting = sa.text("state = 'awaiting_approval'")
    op.create_index(
        "ix_delivery_approval",
        "delivery",
        ["workspace_id", "approval_id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
