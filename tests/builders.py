"""Test data: valid by default, one line to vary."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from waypost_server.domain.api_key import SCOPES, ApiKey, make_key
from waypost_server.services.releases import ReleaseCache
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import Key, Workspace

WORKSPACE = "acme-prod"
TOKEN_SECRET = "token-secret-of-the-tests-0123456789"
_numbers = itertools.count(1)


@dataclass
class Clock:
    """Stands still until moved. Calling it tells the time."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **parts: float) -> datetime:
        """Move by a timedelta given as keywords; returns the new time."""
        self.now += timedelta(**parts)
        return self.now


class CountingDoorbell:
    """Counts rings."""

    def __init__(self) -> None:
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1


def make_runtime(database: Database, clock: Clock | None = None, **changes: Any) -> Runtime:
    """A runtime with a still clock, counted ids and fixed dice."""
    clock = clock or Clock()
    ids = itertools.count(1)
    defaults: dict[str, Any] = {
        "db": database,
        "clock": clock,
        "new_id": lambda: f"id-{next(ids):06d}",
        "dice": lambda: 0.5,
        "releases": ReleaseCache(clock),
        "doorbell": CountingDoorbell(),
        "secret": "secret-of-the-tests",
        "base_url": "http://127.0.0.1:7400",
    }
    return Runtime(**{**defaults, **changes})


def add_workspace(database: Database, workspace_id: str = WORKSPACE, **changes: Any) -> str:
    """A development workspace."""
    values = {
        "id": workspace_id,
        "name": "Acme",
        "mode": "development",
        "timezone": "UTC",
        "token_secret": TOKEN_SECRET,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with database.write() as session:
        session.add(Workspace(**{**values, **changes}))
    return workspace_id


def add_key(
    database: Database, kind: str = "secret", workspace_id: str = WORKSPACE, **changes: Any
) -> ApiKey:
    """A stored key; `.text` is what a client sends."""
    key = make_key(kind, secrets.choice)
    values = {
        "id": key.id,
        "workspace_id": workspace_id,
        "kind": kind,
        "scopes": list(SCOPES[kind]),
        "name": f"{kind} key",
        "hash": key.hash,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with database.write() as session:
        session.add(Key(**{**values, **changes}))
    return key


def make_event(**changes: Any) -> dict[str, Any]:
    """A track event on the wire."""
    number = next(_numbers)
    return {
        "type": "track",
        "messageId": f"m-{number}",
        "userId": "u1",
        "event": "Report Exported",
        "timestamp": "2026-11-23T09:59:00Z",
        "properties": {},
        "context": {"groupId": "acme"},
        **changes,
    }
