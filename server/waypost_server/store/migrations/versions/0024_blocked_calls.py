"""How many calls to an endpoint the guarded way out did not make."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "endpoint", sa.Column("blocked", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
