"""A person's word about an account's motion, for a while."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
OPEN = sa.text("ended_at is null")


def upgrade() -> None:
    op.add_column("account", sa.Column("motion_set", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("motion_until", UtcDateTime(), nullable=True))
    op.create_table(
        "motion_override",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("motion", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "id"),
    )
    op.create_index(
        "uq_motion_override_open",
        "motion_override",
        ["workspace_id", "account_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(
        "ix_motion_override_until", "motion_override", ["until"], postgresql_where=OPEN, sqlite_where=OPEN
    )
