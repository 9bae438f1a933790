"""A10: the disk answers a sync with an error: no 200 for what it was for, and everything goes on by itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.api.served import served
from tests.builders import add_key, add_workspace, make_event, make_runtime
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database, open_engine

BATCHES = 24
FAILING = "inject=fdatasync:error=EIO:when=3..5"  # of each thread


@pytest.mark.slow
def test_a_sync_that_fails_is_no_200_and_the_next_one_is(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite under strace: reads are answered meanwhile, a second try stores each event once, nothing is damaged."""
    engine = open_engine(sqlite_url)
    database = Database(engine)
    add_workspace(database)
    key = add_key(database)
    strace = ["strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=fdatasync", "-e", FAILING]
    with (
        served(sqlite_url, workers=1, before=strace) as (address, _),
        httpx.Client(base_url=address, auth=(key.text, ""), timeout=60) as client,
    ):
        answers = {f"m-{n}": _post(client, f"m-{n}") for n in range(BATCHES)}
        refused = [message for message, status in answers.items() if status != 200]
        assert refused and {answers[message] for message in refused} <= {429, 503}
        assert _stored(database) >= {message for message in answers if message not in refused}
        assert answers[f"m-{BATCHES - 1}"] == 200, "it goes on without a restart"
        for message in refused:
            assert _post(client, message) == 200
    assert "EIO" in (tmp_path / "trace").read_text()
    with database.read() as session:
        assert session.scalar(text("select count(*) from event")) == BATCHES
        assert session.scalar(text("pragma integrity_check")) == "ok"
    assert _stored(database) == set(answers) and fsck(make_runtime(database)) == []
    engine.dispose()


def _post(client: httpx.Client, message: str) -> int:
    """Send one event, and look whether the database is read whatever came of it."""
    status = client.post("/v1/batch", json={"batch": [make_event(messageId=message)]}).status_code
    assert client.get("/readyz").status_code == 200
    return status


def _stored(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(text("select message_id from event")))
