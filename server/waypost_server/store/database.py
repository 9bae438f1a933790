"""The connection to the only system of record, with the settings that make its promises true.

SQLite: WAL, synchronous=FULL (a commit survives power loss), and BEGIN IMMEDIATE for every write
transaction; with the driver's own default, parallel read-then-write loses updates without an error.
PostgreSQL: time limits on statements, locks and idle transactions; connections checked before use.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session

from waypost_server.domain.errors import UnavailableError

IDLE_SECONDS = 1.0  # after which a pooled connection is asked whether it is still there
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
    """Install the SQLite transaction rules on an engine, or the check of idle PostgreSQL connections."""
    if engine.dialect.name != "sqlite":
        _check_idle(engine)
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


def _check_idle(engine: Engine) -> None:
    """Ping a connection before use if it was idle for a second, or is known to be broken.

    SQLAlchemy's own pre-ping asks every time, which costs a busy process a round trip a request.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(dbapi_connection: Any, record: Any, _proxy: Any) -> None:
        if not dbapi_connection.closed and time.monotonic() - record.info.get("used_at", 0.0) < IDLE_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(dbapi_connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise DisconnectionError("the connection went away while it was idle")


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

    def glance(self, statement: str, values: dict[str, Any]) -> Any:
        """The row of one reading statement, without BEGIN, ping or reset around it.

        A decision is one statement, so a transaction would triple the round trips. A connection that broke
        while it was idle is replaced once. Raises UnavailableError.
        """
        driver_error = self._quick.dialect.loaded_dbapi.Error
        try:
            try:
                return self._one(statement, values)
            except driver_error:
                self._quick.dispose()  # the server may have been restarted under the whole pool
                return self._one(statement, values)
        except (DBAPIError, PoolTimeoutError, driver_error) as error:
            raise UnavailableError("The database cannot be reached just now. Try again shortly.") from error

    def _one(self, statement: str, values: dict[str, Any]) -> Any:
        connection = self._quick.raw_connection()
        try:
            cursor = connection.cursor()
            row = cursor.execute(statement, values).fetchone()
            cursor.close()
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()
        return row


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
