"""The first schema.

PostgreSQL partitions the event log by month; SQLite keeps it in one table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from waypost_server.store.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = UtcDateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

EVENT_ON_POSTGRESQL = """
create table event (
    id bigint generated always as identity,
    workspace_id text not null, account_id text not null, user_id text not null, message_id text not null,
    type text not null, name text not null, feature text,
    ts timestamptz not null, received_at timestamptz not null, trust text not null, body text not null
) partition by range (received_at)
"""


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("traits", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("traits_at", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("motion", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("renewal_on", sa.Date(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("touched", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("evaluated", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("check_at", TIME, nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("fence", sa.Text(), nullable=True),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_check", "account", ["check_at"], unique=False)
    op.create_index(
        "ix_account_due",
        "account",
        ["workspace_id"],
        unique=False,
        postgresql_where=sa.text("evaluated < touched"),
        sqlite_where=sa.text("evaluated < touched"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index(op.f("ix_api_key_workspace_id"), "api_key", ["workspace_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "delivery_id", "n", name=op.f("pk_attempt")),
    )
    op.create_table(
        "audit",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", JSON, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit")),
    )
    op.create_table(
        "console_session",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("console_user_id", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_session")),
    )
    op.create_table(
        "console_user",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_console_user")),
    )
    op.create_index("uq_console_user_email", "console_user", ["workspace_id", "email"], unique=True)
    op.create_table(
        "delivery",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("run_id", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("play", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("release", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'passive'"), nullable=False),
        sa.Column("template", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("body", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("body_html", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("fence", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_account", "delivery", ["workspace_id", "account_id", "created_at"], unique=False
    )
    op.create_index("ix_delivery_created", "delivery", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'sending')"),
        sqlite_where=sa.text("state in ('pending', 'sending')"),
    )
    op.create_index("uq_delivery_dedupe", "delivery", ["workspace_id", "dedupe_key"], unique=True)
    op.create_table(
        "end_user",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("traits", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("traits_at", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("trust", sa.Text(), server_default=sa.text("'asserted'"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_end_user")),
    )
    _event()
    op.create_table(
        "event_key",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_event_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ingest_day",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accepted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", "shard", name=op.f("pk_ingest_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "interaction",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("nudge", sa.Text(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("detail", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_interaction")),
    )
    op.create_index("ix_interaction_nudge", "interaction", ["workspace_id", "nudge", "at"], unique=False)
    op.create_index("ix_interaction_user", "interaction", ["workspace_id", "user_id", "at"], unique=False)
    op.create_table(
        "login_attempt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_subject_at", "login_attempt", ["subject", "at"], unique=False)
    op.create_table(
        "login_link",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("console_user_id", sa.Text(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_link")),
    )
    op.create_table(
        "membership",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("role_at", sa.Text(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "user_id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_user", "membership", ["workspace_id", "user_id"], unique=False)
    op.create_table(
        "milestone_state",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("milestone", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("reached_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint(
            "workspace_id", "account_id", "user_id", "milestone", name=op.f("pk_milestone_state")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "nudge_grant",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("nudge", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("roles", JSON, nullable=True),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "nudge", "run_id", name=op.f("pk_nudge_grant")),
    )
    op.create_table(
        "offer",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("nudge", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("claimed_at", TIME, nullable=False),
        sa.Column("shown_at", TIME, nullable=True),
        sa.Column("goal_base", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("reaction", sa.Text(), nullable=True),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_nudge", "offer", ["workspace_id", "nudge", "claimed_at"], unique=False)
    op.create_index("ix_offer_user", "offer", ["workspace_id", "user_id", "claimed_at"], unique=False)
    op.create_index("uq_offer_claim", "offer", ["workspace_id", "user_id", "claim_id"], unique=True)
    op.create_table(
        "play_run",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("play", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("motion", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("fence", sa.Text(), nullable=True),
        sa.Column("claims", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_play_run")),
    )
    op.create_index("ix_play_run_due", "play_run", ["due_at"], unique=False)
    op.create_index(
        "uq_play_run_occurrence",
        "play_run",
        ["workspace_id", "account_id", "play", "occurrence"],
        unique=True,
    )
    op.create_table(
        "quarantine",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("body_head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_workspace", "quarantine", ["workspace_id", "id"], unique=False)
    op.create_table(
        "release",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "number", name=op.f("pk_release")),
    )
    op.create_table(
        "signal",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("handling_reason", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_signal")),
    )
    op.create_index("ix_signal_account", "signal", ["workspace_id", "account_id", "opened_at"], unique=False)
    op.create_index(
        "uq_signal_open",
        "signal",
        ["workspace_id", "dedupe_key"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "step_run",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("detail", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "run_id", "seq", name=op.f("pk_step_run")),
    )
    op.create_table(
        "suppression",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("address_hash", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "address_hash", name=op.f("pk_suppression")),
    )
    op.create_table(
        "task",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("play", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("signal_id", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("brief", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("mute_digital", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_account", "task", ["workspace_id", "account_id", "created_at"], unique=False)
    op.create_index("ix_task_queue", "task", ["workspace_id", "state", "due_at"], unique=False)
    op.create_index("uq_task_dedupe", "task", ["workspace_id", "dedupe_key"], unique=True)
    op.create_table(
        "task_event",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_task_event")),
    )
    op.create_index("ix_task_event_task", "task_event", ["workspace_id", "task_id", "id"], unique=False)
    op.create_table(
        "touch",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_touch")),
    )
    op.create_index("ix_touch_account", "touch", ["workspace_id", "account_id", "at"], unique=False)
    op.create_index("ix_touch_user", "touch", ["workspace_id", "user_id", "at"], unique=False)
    op.create_table(
        "usage_day",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("feature", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "account_id", "user_id", "feature", "day", name=op.f("pk_usage_day")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_total",
        sa.Column("workspace_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("feature", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "account_id", "user_id", "feature", name=op.f("pk_usage_total")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workspace",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), server_default=sa.text("'development'"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("token_secret", sa.Text(), nullable=False),
        sa.Column("sending", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )

    if op.get_bind().dialect.name == "postgresql":
        for counted in ("usage_day", "usage_total", "account"):  # room on each page: an update touches no index
            op.execute(f"alter table {counted} set (fillfactor = 70)")


def _event() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(EVENT_ON_POSTGRESQL)
        op.execute("create table event_default partition of event default")
        return
    op.create_table(
        "event",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=True),
        sa.Column("ts", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
