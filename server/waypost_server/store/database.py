"""The connection to the only system of record, with the settings that make its promises true.

SQLite: WAL, synchronous=FULL (a commit survives power loss), and BEGIN IMMEDIATE for every write
transaction; with the driver's own default, parallel read-then-write loses updates without an error.
PostgreSQL: time limits on statements, locks and idle transactions; connections checked before use.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

from waypost_server.domain.errors import UnavailableError

READ_ONLY = "waypost_read_only"  # execution option: begin a deferred (SQLite) transaction


class Base(DeclarativeBase):
    """Names for every constraint, so that migrations can drop them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver options for `url`, for Flask-SQLAlchemy and for `open_engine` alike."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 5, "check_same_thread": False}, "pool_size": 8}
    limits = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
    return {
        "connect_args": {"options": limits, "connect_timeout": 2, "prepare_threshold": 2},
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 2,
    }


def open_engine(url: str) -> Engine:
    """An engine outside Flask (migrations, tests, tools) with the same guarantees as inside."""
    engine = create_engine(url, **engine_options(url))
    guard(engine)
    return engine


def guard(engine: Engine) -> None:
    """Install the SQLite transaction rules on an engine; nothing to do for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # the driver's implicit BEGIN loses updates
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=5000", "foreign_keys=on"):
            dbapi_connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class Database:
    """Opens sessions: `write()` commits at the end or rolls back, `read()` never writes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._quick = engine if self.is_sqlite else _autocommit(engine)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; committed when the block ends, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look; nothing is committed."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Any]:
        """A raw driver connection for single reading statements, without BEGIN, ping or reset around them.

        A decision is one statement, so a transaction would triple the round trips. Raises UnavailableError.
        """
        try:
            connection = self._quick.raw_connection()
        except DBAPIError as error:
            raise UnavailableError("The database cannot be reached just now. Try again shortly.") from error
        try:
            yield connection.driver_connection
        except self._quick.dialect.loaded_dbapi.Error as error:
            connection.invalidate(error)
            raise UnavailableError("The database cannot be reached just now. Try again shortly.") from error
        finally:
            connection.close()


def _autocommit(engine: Engine) -> Engine:
    """A second pool beside `engine`'s. Plans are generic from the start: the statements are long to plan."""
    connect_args = dict(engine_options("postgresql:")["connect_args"])
    connect_args["options"] += " -c plan_cache_mode=force_generic_plan -c jit=off"
    connect_args["prepare_threshold"] = 0
    return create_engine(
        engine.url,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=8,
        max_overflow=8,
        pool_timeout=2,
        connect_args=connect_args,
    )
