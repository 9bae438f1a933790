"""The app on a given database. Its routes are made once a process: that takes longer than most tests."""

from __future__ import annotations

from functools import cache

from flask import Flask

from waypost_server.app import build_runtime, create_app
from waypost_server.config import Settings
from waypost_server.store.database import Database, open_engine
from waypost_server.store.watch import FOR_REQUESTS

SECRET = "s" * 32


def make_app(database_url: str, *, secret: str = SECRET, **changes: str) -> Flask:
    """The app with a runtime of its own. One at a time per kind of database: the next one replaces it."""
    app = _routes(database_url.split(":", 1)[0], secret)
    settings = Settings(database_url=database_url, secret=secret, testing=True, **changes)
    app.extensions["waypost"] = build_runtime(settings, Database(open_engine(database_url, FOR_REQUESTS)))
    return app


@cache
def _routes(_kind: str, secret: str) -> Flask:
    return create_app(Settings(database_url="sqlite:///nowhere.db", secret=secret, testing=True))
