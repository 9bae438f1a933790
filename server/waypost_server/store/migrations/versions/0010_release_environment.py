"""Which environment a release was made for; "" for the files as they are written."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "release", sa.Column("environment", sa.Text(), server_default=sa.text("('')"), nullable=False)
    )
