"""Messages that a person sends, edits or skips, and deliveries that bear a person's name."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("person", sa.Text(), nullable=False, server_default=EMPTY))
    op.add_column("delivery", sa.Column("task_id", sa.Text(), nullable=False, server_default=EMPTY))
    op.create_table(
        "message_draft",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=EMPTY),
        sa.Column("delivery_id", sa.Text(), nullable=False, server_default=EMPTY),
        sa.PrimaryKeyConstraint("workspace_id", "task_id"),
    )
    op.create_index("ix_message_draft_run", "message_draft", ["workspace_id", "run_id"])
