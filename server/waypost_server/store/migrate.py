"""Bring a database to the newest schema; safe to run from several processes at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_402_231  # advisory lock of this program's migrations


def upgrade(engine: Engine) -> None:
    """Run what is missing. PostgreSQL: under an advisory lock; SQLite: BEGIN IMMEDIATE does the same."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        command.upgrade(_config(connection), "head")


def is_current(engine: Engine) -> bool:
    """Whether the database is at the schema this code was written for."""
    with engine.connect() as connection:
        head = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
