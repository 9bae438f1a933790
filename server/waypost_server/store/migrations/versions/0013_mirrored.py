"""Lines of a task's history that the CRM wrote itself."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "task_event", sa.Column("is_mirrored", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
