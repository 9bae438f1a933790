"""Bring a database to the newest schema; safe to run from several processes at once."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from waypost_server.domain.errors import ConflictError, UnavailableError
from waypost_server.store.schema_version import NEWEST, standing, version

FOLDER = Path(__file__).parent / "migrations"
TRIES = 100
LOCK_MS = 500  # requests behind us wait as long
PAUSE_SECONDS = 1.0
NOT_HAD = "55P03"  # PostgreSQL: a lock was not had in time
log = logging.getLogger("waypost.migrate")
LOCK = 7_402_231  # advisory lock of this program's migrations


def upgrade(engine: Engine) -> None:
    """Run what is missing, whole or not at all. SQLite: BEGIN IMMEDIATE keeps others out.

    PostgreSQL: whoever waits for a table makes everybody after it wait as well. So a migration waits half a second
    behind a long query, lets the others pass, and tries again. Raises UnavailableError when it never got its turn, and
    ConflictError on the database of a newer version.
    """
    for _ in range(TRIES):
        try:
            _upgrade(engine)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != NOT_HAD:
                raise
            log.warning("migrate.waits", extra={"seconds": PAUSE_SECONDS})
            time.sleep(PAUSE_SECONDS)
        else:
            return
    raise UnavailableError(
        f"A query or transaction held a table for all of {TRIES} tries to change it. Nothing was changed. "
        "Find it in pg_stat_activity, and run this again when it is over."
    )


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"set local lock_timeout = {LOCK_MS}"))
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if standing(connection) == "ahead":
            raise ConflictError(
                f"The database is of a newer version of Waypost: schema {version(connection)}, and this one ends at "
                f"{NEWEST}. Install that version here too. Nothing was changed."
            )
        command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
