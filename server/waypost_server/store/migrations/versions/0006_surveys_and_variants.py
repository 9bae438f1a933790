"""Answers to surveys, and which words an offer showed."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offer", sa.Column("variant", sa.Text(), nullable=True))
    op.create_table(
        "survey_answer",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("nudge", sa.Text(), nullable=False),
        sa.Column("value_number", sa.Integer(), nullable=True),
        sa.Column("value_text", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "question", "place"),
    )
    op.create_index("ix_survey_answer_nudge", "survey_answer", ["workspace_id", "nudge", "at"])
    op.create_index("ix_survey_answer_user", "survey_answer", ["workspace_id", "user_id", "nudge"])
