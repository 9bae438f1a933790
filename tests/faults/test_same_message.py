"""B1, P2: many copies of one message at the same time are one event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from waypost_server.services.fsck import check as fsck


def test_copies_sent_at_once_are_one_event(database_url: str) -> None:
    """Two hundred posts from eight threads: every one is answered 200, and one row is stored."""
    rig = Rig(database_url)
    try:
        body = make_event(messageId="the-same")

        def post(_number: int) -> int:
            client = rig.app.test_client()
            headers = {"Authorization": f"Bearer {rig.secret.text}"}
            return client.post("/v1/batch", json={"batch": [body]}, headers=headers).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post, range(200)))
        assert set(answers) == {200}
        assert rig.one("select count(*) from event") == 1
        assert rig.one("select sum(count) from usage_day") in (1, None)
        assert fsck(rig.app.extensions["waypost"]) == []
    finally:
        rig.close()
