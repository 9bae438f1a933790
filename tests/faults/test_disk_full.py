"""A10: the disk is full. Nothing is answered 200 that is not stored, reads go on, and so does everything after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from waypost_server.services.fsck import check as fsck


def test_a_full_disk_is_no_200_and_costs_nothing_that_was_stored(sqlite_url: str) -> None:
    """SQLite refuses to grow: an error that says try again, reads answered, and normal again with room."""
    rig = Rig(sqlite_url)
    try:
        stored = rig.batch(*[make_event(messageId="before")])
        assert stored.status_code == 200
        pages = rig.one("pragma page_count")
        limit = {"pages": pages}

        def cap(connection: Any, _record: Any, _proxy: Any) -> None:
            connection.execute(f"pragma max_page_count = {limit['pages']}")

        event.listen(rig.database.engine, "checkout", cap)
        answers = [rig.batch(*_big(number)).status_code for number in range(4)]
        assert 200 not in answers[-1:] and set(answers) <= {200, 429, 503}
        confirmed = answers.count(200) * 50 + 1
        assert rig.one("select count(*) from event") == confirmed
        limit["pages"] = 1_000_000
        assert rig.batch(*_big(9)).status_code == 200
        assert rig.one("select count(*) from event") == confirmed + 50
        assert rig.one("pragma integrity_check") == "ok"
        assert fsck(rig.app.extensions["waypost"]) == []
    finally:
        rig.close()


def _big(number: int) -> list[dict[str, Any]]:
    return [make_event(messageId=f"{number}-{each}", properties={"note": "x" * 4000}) for each in range(50)]
