"""How many mails went to a mail domain in a window of time."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_slot",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("starts_at", UtcDateTime(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "domain", "starts_at"),
    )
