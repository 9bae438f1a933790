"""The console against a seeded database, and a client that behaves like a browser's forms."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.apps import make_app
from tests.builders import Clock, make_runtime
from tests.conftest import copy_database, drop_database, on_database
from tests.console.seed import seed
from waypost_server.services.console_login import make_login_link
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, open_engine

ORIGIN = "http://127.0.0.1:7400"
FORM_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Console:
    """The app, its runtime and the ids of its people."""

    app: Flask
    runtime: Runtime
    clock: Clock
    people: dict[str, str] = field(default_factory=dict)

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def logged_in(self, role: str = "admin", workspace_id: str = "acme-prod") -> Browser:
        browser = self.browser()
        link = make_login_link(self.runtime, workspace_id, self.people[role])
        browser.get(link.removeprefix(ORIGIN))
        answer = browser.post(link.removeprefix(ORIGIN))
        assert answer.status_code == 302, answer.text
        return browser


@dataclass
class Browser:
    """Sends the Origin and the token of the last form it saw, as a browser does."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        answer = self.client.get(path, base_url=ORIGIN, **options)
        found = FORM_TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        form = {"csrf": self.token, **(data or {})}
        return self.client.post(path, base_url=ORIGIN, data=form, headers={"Origin": ORIGIN, **headers})


def make_console(database_url: str, clock: Clock, origin: str = ORIGIN) -> Console:
    """The app on a database, with a still clock."""
    app = make_app(database_url, secret="secret-of-the-tests")
    numbers = itertools.count(1)  # not the ids that a seeded copy already holds
    runtime = make_runtime(
        app.extensions["waypost"].db, clock, base_url=origin, new_id=lambda: f"new-{next(numbers):06d}"
    )
    app.extensions["waypost"] = runtime
    return Console(app, runtime, clock)


@pytest.fixture
def bare(database_url: str, clock: Clock) -> Iterator[Console]:
    """A console on a database without rows, once on SQLite and once on PostgreSQL."""
    found = make_console(database_url, clock)
    yield found
    found.runtime.db.engine.dispose()


@dataclass(frozen=True)
class Seeded:
    """A filled database to copy for each test (filling takes half a second), and the ids of its people."""

    source: Path | str
    people: dict[str, str]


@pytest.fixture(scope="session")
def seeded_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """A file with a month of believable work."""
    path = tmp_path_factory.mktemp("console") / "seeded.db"
    path.write_bytes(sqlite_template.read_bytes())
    return Seeded(path, _fill(f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def seeded_postgres(postgres_server: str, postgres_template: str) -> Seeded:
    """The name of a database with a month of believable work."""
    name = f"waypost_console_{uuid.uuid4().hex[:8]}"
    copy_database(postgres_server, postgres_template, name)
    return Seeded(name, _fill(on_database(postgres_server, name)))


@pytest.fixture(params=["sqlite", "postgres"])
def seeded_copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a fresh copy, once on SQLite and once on PostgreSQL, and the ids of its people."""
    seeded: Seeded = request.getfixturevalue(f"seeded_{request.param}")
    if isinstance(seeded.source, Path):
        path = tmp_path / "console.db"
        path.write_bytes(seeded.source.read_bytes())
        yield f"sqlite:///{path}", seeded.people
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"waypost_{uuid.uuid4().hex[:12]}"
    copy_database(server, seeded.source, name)
    yield on_database(server, name), seeded.people
    drop_database(server, name)


@pytest.fixture
def console(seeded_copy: tuple[str, dict[str, str]], clock: Clock) -> Iterator[Console]:
    """A console with a month of believable work."""
    url, people = seeded_copy
    found = make_console(url, clock)
    found.people = dict(people)
    yield found
    found.runtime.db.engine.dispose()


def _fill(url: str) -> dict[str, str]:
    engine = open_engine(url)
    people = seed(make_runtime(Database(engine)))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()
    return people
