"""Which WAYPOST_SECRET opt-outs are recorded with: the first process that looks writes down the one in use."""

import sqlalchemy as sa
from alembic import op

from waypost_server.store.types import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "send_mark", sa.Column("fingerprint", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("send_mark", sa.Column("secret_since", UtcDateTime(), nullable=True))
