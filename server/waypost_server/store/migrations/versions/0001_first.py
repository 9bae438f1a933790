"""The first schema."""

from alembic import op
from sqlalchemy import text

from waypost_server.store import tables  # noqa: F401
from waypost_server.store.database import Base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EVENT_TABLE_PG = """
create table event (
    id bigint generated always as identity,
    workspace_id text not null, account_id text not null, user_id text not null, message_id text not null,
    type text not null, name text not null, feature text,
    ts timestamptz not null, received_at timestamptz not null, trust text not null, body text not null
) partition by range (received_at)
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(text(EVENT_TABLE_PG))
        connection.execute(text("create table event_default partition of event default"))
        connection.execute(text("create index ix_event_subject on event (workspace_id, account_id, user_id, ts)"))
    Base.metadata.create_all(connection)
