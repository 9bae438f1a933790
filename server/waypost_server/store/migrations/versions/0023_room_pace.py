"""When a chat room may get its next message."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_pace",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("room", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=True),
        sa.Column("taken_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "room"),
    )
