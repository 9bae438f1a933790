"""Alembic's entry: the engine comes from whoever calls, through `config.attributes["connection"]`."""

from alembic import context

from waypost_server.store import tables  # noqa: F401 - fills the metadata
from waypost_server.store.database import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
