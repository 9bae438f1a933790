"""`waypost db`: the schema."""

from __future__ import annotations

import click


@click.group()
def db() -> None:
    """Bring the database to this version's schema."""


@db.command()
def upgrade() -> None:
    """Run the migrations that are missing. Safe to run from several machines at once."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.store.migrate import upgrade as run
    from waypost_server.store.partitions import ensure

    with open_runtime() as runtime:
        run(runtime.db.engine)
        with runtime.db.engine.begin() as connection:
            ensure(connection, runtime.clock().date())
    click.echo("The database has this version's schema.")
