"""The console against a seeded database, and a client that behaves like a browser's forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import Clock, make_runtime
from tests.console.seed import seed
from waypost_server.app import create_app
from waypost_server.config import Settings
from waypost_server.services.console_login import make_login_link
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, db

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
    app = create_app(
        Settings(database_url=database_url, secret="secret-of-the-tests", base_url=origin, testing=True)
    )
    with app.app_context():
        runtime = make_runtime(Database(db.engine), clock, base_url=origin)
    app.extensions["waypost"] = runtime
    return Console(app, runtime, clock)


@pytest.fixture
def bare(database_url: str, clock: Clock) -> Iterator[Console]:
    """A console on a database without rows, once on SQLite and once on PostgreSQL."""
    found = make_console(database_url, clock)
    yield found
    found.runtime.db.engine.dispose()


@pytest.fixture
def console(bare: Console) -> Console:
    """A console with a month of believable work."""
    bare.people = seed(bare.runtime)
    return bare
