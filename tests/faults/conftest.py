"""Fault tests start real processes, which refuse a database that may lose commits: theirs syncs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server with fsync on."""
    with running_postgres(durable=True) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated database on that server."""
    from tests.conftest import make_template

    return make_template(postgres_server)
