"""The connection to the only system of record, with the settings that make its promises true.

SQLite: WAL, synchronous=FULL (a commit survives power loss), and BEGIN IMMEDIATE for every write
transaction; with the driver's own default, parallel read-then-write loses updates without an error.
PostgreSQL: time limits on statements, locks and idle transactions; connections checked before use.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import ExecStatus
from sqlalchemy import URL, Connection, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

from waypost_server.domain.errors import UnavailableError
from waypost_server.store.statements import STATEMENTS
from waypost_server.store.watch import FOR_WORK, Patience, Watch

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
IDLE_SECONDS = 1.0  # after which a pooled connection is asked whether it is still there
PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",
    "foreign_keys=on",
    "cache_size=-16000",  # KB
    "wal_autocheckpoint=8000",  # pages: hot pages reach the database once per 32 MB of log, not per 4 MB
    "mmap_size=268435456",  # reads without a system call for each page; writes are made the same way as before
)
PATIENCE = 5.0  # seconds that a statement waits for a lock on SQLite
IN_LINE, AT_LARGE = "pragma busy_timeout=1", f"pragma busy_timeout={PATIENCE * 1_000:.0f}"
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
if TYPE_CHECKING:
    Model = Base  # what Flask-SQLAlchemy makes of it at run time is no type
else:
    Model = db.Model


@event.listens_for(db.Model, "after_mapper_constructed", propagate=True)
def _share_statements(mapper: Any, _class: type) -> None:
    mapper._compiled_cache = STATEMENTS  # a class's own would hold every engine, and compile for each


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver options for `url`, for Flask-SQLAlchemy and for `open_engine` alike."""
    compiled = {"compiled_cache": STATEMENTS}
    quiet = {"hide_parameters": True}  # an error must not carry what customers wrote into a log
    if url.startswith("sqlite"):
        # last in, first out: a connection that wrote last has the pages at hand
        return quiet | {
            "connect_args": {"timeout": 5, "check_same_thread": False, "cached_statements": 512},
            "poolclass": QueuePool,
            "pool_size": 8,
            "pool_use_lifo": True,
            "execution_options": compiled,
        }
    limits = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
    return quiet | {
        "connect_args": {"options": limits, "connect_timeout": 2, "prepare_threshold": 2},
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 2,
        "pool_use_lifo": True,
        "execution_options": compiled,
    }


def open_engine(url: str, patience: Patience = FOR_WORK) -> Engine:
    """An engine outside Flask (workers, migrations, tools) with the same guarantees as inside."""
    engine = create_engine(url, **engine_options(url))
    guard(engine, patience)
    return engine


def guard(engine: Engine, patience: Patience) -> None:
    """Install the SQLite transaction rules on an engine, or the checks of PostgreSQL connections.

    `patience` is how long a silent PostgreSQL is waited for.
    """
    if engine.dialect.name != "sqlite":
        _watch(engine, patience)
        _check_idle(engine)
        return

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # the driver's implicit BEGIN loses updates
        dbapi_connection.execute(AT_LARGE)
        for pragma in PRAGMAS:
            dbapi_connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(READ_ONLY, False):
            connection.exec_driver_sql("BEGIN")
        else:
            _take_the_lock(connection)


def _take_the_lock(connection: Connection) -> None:
    """Begin a write transaction on SQLite, asking for the lock once a millisecond.

    SQLite itself asks ever more rarely, in the end ten times a second: between processes that write all the time,
    the lock would lie free a fifth of it.
    """
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + PATIENCE
    driver.execute(IN_LINE)
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    break
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # to fail as any statement fails
    finally:
        driver.execute(AT_LARGE)


_watches: WeakKeyDictionary[Engine, Watch] = WeakKeyDictionary()


def _watch(engine: Engine, patience: Patience) -> None:
    """Know who is waiting for the database, so that nobody waits for one that has gone silent."""
    url, dialect = engine.url, engine.dialect
    watch = _watches[engine] = Watch(lambda: _connect(url, dialect), patience)

    @event.listens_for(engine, "do_connect")
    def _may_connect(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        watch.check()

    @event.listens_for(engine, "checkout")
    def _begin(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        watch.begin(dbapi_connection)

    @event.listens_for(engine, "checkin")
    def _end(dbapi_connection: Any, _record: Any) -> None:
        if dbapi_connection is not None:  # it was thrown away
            watch.end(dbapi_connection)

    @event.listens_for(engine, "close")
    def _closed(dbapi_connection: Any, _record: Any) -> None:
        watch.end(dbapi_connection)


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
        autocommit = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._single = engine.execution_options(**autocommit)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._spare: list[_Prepared] = []
        self._watch = None if self.is_sqlite else _watches[engine]
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; committed when the block ends, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def single(self) -> Iterator[Session]:
        """For one writing statement that is a whole transaction, after reads: PostgreSQL commits it by itself.

        That saves two round trips. On SQLite the same as `write`.
        """
        with Session(self._single, expire_on_commit=False) as session, session.begin():
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
        try:
            try:
                return self._one(statement, values)
            except self._driver_error:
                self._spare.clear()  # the server may have been restarted under all of them
                return self._one(statement, values)
        except (DBAPIError, PoolTimeoutError, self._driver_error) as error:
            raise UnavailableError("The database cannot be reached just now. Try again shortly.") from error

    def _one(self, statement: str, values: dict[str, Any]) -> Any:
        if self._watch is not None:
            # No pool but a list of spares: checking out of SQLAlchemy's costs as much as sending the statement.
            # There are never more than threads that ask; one that fails is left to the garbage collector.
            try:
                spare = self._spare.pop()
            except IndexError:
                self._watch.check()
                spare = _Prepared(_connect(self.engine.url, self.engine.dialect))
            self._watch.begin(spare.connection)
            try:
                row = spare.one(statement, values)
            finally:
                self._watch.end(spare.connection)
            self._spare.append(spare)
            return row
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            row = cursor.execute(statement, values).fetchone()
            cursor.close()
            return row
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[bytes, bytes, tuple[str, ...]]:
    """A statement with %(name)s as libpq takes it: a name for it, the text with $1 …, the names in order."""
    names = tuple(dict.fromkeys(PLACEHOLDER.findall(statement)))
    place = {name: f"${index}" for index, name in enumerate(names, start=1)}
    text = PLACEHOLDER.sub(lambda found: place[found[1]], statement).replace("%%", "%").encode()
    return b"wp_" + hashlib.sha256(text).hexdigest()[:24].encode(), text, names


class _Prepared:
    """A connection that keeps what it prepared and answers straight from libpq: a third of the cursor's cost."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection  # closes itself when it is dropped
        self._names: set[bytes] = set()

    def one(self, statement: str, values: dict[str, Any]) -> Any:
        """The row, as bytes. Every value is text or None."""
        name, text, names = _numbered(statement)
        pg = self.connection.pgconn
        if name not in self._names:
            _checked(pg.prepare(name, text), ExecStatus.COMMAND_OK)
            self._names.add(name)
        given = [None if (value := values[each]) is None else value.encode() for each in names]
        answer = pg.exec_prepared(name, given)  # type: ignore[arg-type]  # libpq takes None for null
        result = _checked(answer, ExecStatus.TUPLES_OK)
        return tuple(result.get_value(0, column) for column in range(result.nfields))


def _checked(result: Any, wanted: ExecStatus) -> Any:
    if result.status != wanted:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
    return result


def _connect(url: URL, dialect: Dialect) -> psycopg.Connection[Any]:
    """A connection of its own. Plans are generic from the start: the statements are long to plan."""
    arguments, options = dialect.create_connect_args(url)
    given = dict(engine_options("postgresql:")["connect_args"])
    given["options"] += " -c plan_cache_mode=force_generic_plan -c jit=off -c timezone=UTC"
    return psycopg.connect(*arguments, **{**options, **given, "autocommit": True})
