"""Ingest over HTTP: what is stored, what is refused, and what the answer says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import make_event


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """A development workspace on each database."""
    rig = Rig(database_url)
    yield rig
    rig.close()


def test_a_batch_is_stored_and_answered_with_counts(rig: Rig) -> None:
    """Exactly 200 with the counts; repeating the batch stores nothing more."""
    events = [make_event(messageId=f"a{i}") for i in range(3)]
    first = rig.batch(*events)
    assert (first.status_code, first.json) == (
        200,
        {"success": True, "accepted": 3, "duplicate": 0, "rejected": []},
    )
    again = rig.batch(*events)
    assert again.json == {"success": True, "accepted": 0, "duplicate": 3, "rejected": []}
    assert rig.one("select count(*) from event") == 3
