"""A3: a server dies while it takes events in, and the client, which got no answer, sends them again."""

from __future__ import annotations

import http.client
import json
import urllib.request
from pathlib import Path

import pytest

from tests.builders import add_key, make_event
from tests.faults.processes import server_dies_at
from tests.services.play_rig import PlayRig
from tests.waiting import until
from waypost_server.domain.events import Envelope
from waypost_server.services.fsck import check as fsck
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Event, UsageTotal

EVENTS = [make_event(messageId=f"m-{n}", userId=f"u{n % 3}") for n in range(9)]
POINTS = {"ingest.stored": 9, "ingest.committed": 0, "ingest.rung": 0}


@pytest.mark.slow
@pytest.mark.parametrize(("point", "new"), POINTS.items(), ids=list(POINTS))
def test_the_second_try_leaves_exactly_one_row(
    point: str, new: int, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Killed before the commit nothing is there; after it all is, and the account is found without a doorbell."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    with server_dies_at(point, database_url) as address:
        _post(address, add_key(database).text)
    assert len(rig.rows(Event)) == len(EVENTS) - new
    again = ingest(rig.runtime, Sender("acme-prod", "server"), EVENTS, Envelope(rig.clock()))
    assert (again.accepted, again.duplicate) == (new, len(EVENTS) - new)
    assert sorted(event.message_id for event in rig.rows(Event)) == [each["messageId"] for each in EVENTS]
    assert sum(total.total for total in rig.rows(UsageTotal)) == len(EVENTS)
    rig.drain()
    (account,) = rig.rows(Account)
    assert account.motion == "long_tail" and account.evaluated == account.touched
    assert fsck(rig.runtime) == []


def _post(address: str, key: str) -> None:
    """The connection breaks before an answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"batch": EVENTS}).encode()

    def sent() -> bool:
        request = urllib.request.Request(f"{address}/v1/batch", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                raise AssertionError(f"it was answered {answer.status}")
        except http.client.RemoteDisconnected:
            return True
        except OSError:
            return False  # it does not listen yet

    until("the server to die", sent, 20)
