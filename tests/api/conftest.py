"""Rigs of the API's tests; each closes with its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.read_rig import ReadRig


@pytest.fixture
def world(database_url: str) -> Iterator[ReadRig]:
    """Two filled workspaces, once on SQLite and once on PostgreSQL."""
    rig = ReadRig(database_url)
    yield rig
    rig.close()
