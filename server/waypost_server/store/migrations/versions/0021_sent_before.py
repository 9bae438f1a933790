"""What tells that a database was restored from a backup, and what had left by then."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mark = op.create_table(
        "send_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("home", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("restored_at", UtcDateTime(), nullable=True),
        sa.Column("lost_from", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("lost_to", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(mark, [{"id": 1}])
    op.create_table(
        "sent_before",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("workspace_id", "message", "number"),
    )
