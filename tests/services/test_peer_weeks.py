"""A calendar of peers that is still changing, as during an import, is not trusted for long."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from waypost_server.domain.signals import decay
from waypost_server.services import peer_weeks
from waypost_server.services.peer_weeks import PeerWeeks
from waypost_server.store.database import Database

FIRST = date(2026, 4, 27)


@pytest.fixture
def read(database: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the calendar anew over so many accounts with so many user-days a week."""
    weeks = PeerWeeks()
    monkeypatch.setattr(peer_weeks, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(peer_weeks, "SHARE", 0)

    def again(accounts: int, user_days: int) -> Any:
        matrix = {f"a{number}": [user_days] * decay.WEEKS for number in range(accounts)}
        monkeypatch.setattr(peer_weeks, "weekly_user_days", lambda *_args, **_named: matrix)
        with database.read() as session:
            return weeks.of(session, "acme-prod", ["report"], FIRST)

    return again


def test_the_first_reading_and_every_one_that_differs_is_looked_at_again(read: Any) -> None:
    assert read(20, 10).again is not None
    assert read(40, 10).again is not None
    assert read(40, 20).again is not None


def test_two_readings_that_agree_are_trusted(read: Any) -> None:
    read(40, 20)
    assert read(41, 20).again is None


def test_a_reading_of_few_accounts_may_be_the_beginning_of_an_import(read: Any) -> None:
    assert read(decay.MIN_PEERS, 10).again is not None
    assert read(decay.MIN_PEERS, 10).again is None
