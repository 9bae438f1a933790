"""Tasks: capacity, escalation, signals that join, versions; what people want to be told; notes of contacts."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
LATE = sa.text("escalated_at is null and state in ('open', 'acknowledged')")
UNTOLD = sa.text("relayed = false")


def upgrade() -> None:
    for column in (
        sa.Column("due_days", sa.Integer(), nullable=False, server_default=sa.text("2")),
        sa.Column("held_at", UtcDateTime(), nullable=True),
        sa.Column("escalated_at", UtcDateTime(), nullable=True),
        sa.Column("escalated_to", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("external_id", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    ):
        op.add_column("task", column)
    op.create_index("ix_task_owner", "task", ["workspace_id", "owner", "state", "ended_at"])
    op.create_index("ix_task_wake", "task", ["snoozed_until"])
    op.create_index("ix_task_late", "task", ["due_at"], postgresql_where=LATE, sqlite_where=LATE)
    op.add_column(
        "task_event", sa.Column("relayed", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.create_index(
        "ix_task_event_relay",
        "task_event",
        ["workspace_id", "id"],
        postgresql_where=UNTOLD,
        sqlite_where=UNTOLD,
    )
    op.create_table(
        "task_signal",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "task_id", "signal_id"),
    )
    op.create_index("ix_task_signal_signal", "task_signal", ["workspace_id", "signal_id"])
    op.execute(
        "insert into task_signal (workspace_id, task_id, signal_id, at)"
        " select workspace_id, id, signal_id, created_at from task where signal_id <> ''"
    )
    for name in ("by", "note"):
        op.add_column("touch", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    _people()


def _people() -> None:
    for column in (
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("notices", Json, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("digest_on", sa.Date(), nullable=True),
        sa.Column("calendar_hash", sa.Text(), nullable=True),
    ):
        op.add_column("console_user", column)
    op.create_index("uq_console_user_calendar", "console_user", ["calendar_hash"], unique=True)
