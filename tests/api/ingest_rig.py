"""The app on a given database, and ways to post to it and to look at what it stored."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.apps import make_app
from tests.builders import WORKSPACE, Clock, add_key, add_workspace
from waypost_server.services.publish import publish
from waypost_server.services.releases import ReleaseCache
from waypost_server.store.database import Database


class Rig:
    """One workspace behind real routes on a real database, with a clock that stands still."""

    def __init__(self, database_url: str, mode: str = "development", **changes: Any) -> None:
        self.clock = Clock()
        self.app: Flask = make_app(database_url)
        runtime = dataclasses.replace(
            self.app.extensions["waypost"], clock=self.clock, releases=ReleaseCache(self.clock), **changes
        )
        self.app.extensions["waypost"] = runtime
        self.database: Database = runtime.db
        self.workspace = add_workspace(self.database, mode=mode)
        self.secret = add_key(self.database)
        self.public = add_key(self.database, "public")
        self.client: FlaskClient = self.app.test_client()

    def publish(self, **files: str) -> None:
        """Publish definitions; a file's name is the keyword with `.yaml`."""
        named = {f"{name}.yaml": content for name, content in files.items()}
        publish(self.app.extensions["waypost"], self.workspace, named, author="tests", message="")

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Any:
        """Post JSON (or bytes as they are) with the secret key."""
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        given: Mapping[str, str] = {
            "Authorization": f"Bearer {key or self.secret.text}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.client.post(f"/v1/{path}", data=data, headers=given)

    def batch(self, *events: Any, **rest: Any) -> Any:
        """Post a batch with the secret key."""
        return self.post("batch", {"batch": list(events), **rest})

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(sql), {"w": WORKSPACE})]

    def one(self, sql: str) -> Any:
        """The single value a query finds."""
        return self.rows(sql)[0][0]

    def close(self) -> None:
        """Give back the connections."""
        self.database.engine.dispose()
