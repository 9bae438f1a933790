"""The first day back of somebody who is away; null = here."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("console_user", sa.Column("away_until", sa.Date(), nullable=True))
