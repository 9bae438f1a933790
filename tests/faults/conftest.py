"""Fault tests start real processes, which refuse a database that may lose commits: theirs syncs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import ledger
from tests.postgres import running_postgres


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the long tests counted."""
    if ledger.ROWS:
        terminalreporter.section("messages")
        line = "{:<36} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}"
        terminalreporter.line(line.format("", "decided", "ended", "sent", "unknown", "doubled", "lost"))
        for name, each in ledger.ROWS:
            counts = (each.decided, each.terminal, each.sent, each.unknown, each.doubled, each.lost)
            terminalreporter.line(line.format(name, *counts))


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
