"""A13, P18: web servers are stopped and started under traffic, one beside the other; no accepted request fails."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import WORKSPACE, add_key, add_workspace, make_event, make_runtime
from tests.faults.fleet import Fleet, wait_until
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database

SENDERS, PAUSE_SECONDS = 8, 0.04  # two hundred requests a second
EXIT_SECONDS = 30.0
TIMES = 10
pytestmark = [pytest.mark.slow, pytest.mark.fault_long, pytest.mark.timeout(500)]


class Traffic:
    """Senders that do what a load balancer does: whoever does not listen is passed over."""

    def __init__(self, ports: tuple[int, int], key: str) -> None:
        self.ports = ports
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.over = threading.Event()
        self.confirmed: set[str] = set()
        self.failed: list[str] = []
        self.refused = 0
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(30)

    def _send(self, sender: int) -> None:
        number = 0
        while not self.over.wait(PAUSE_SECONDS):
            number += 1
            message = f"{sender}-{number}"
            body = json.dumps({"batch": [make_event(messageId=message)]})
            if any(self._post(port, body, message) for port in self._turn(number)):
                self.confirmed.add(message)

    def _turn(self, number: int) -> tuple[int, int]:
        return self.ports if number % 2 else (self.ports[1], self.ports[0])

    def _post(self, port: int, body: str, message: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            self.refused += 1
            return False
        try:
            connection.request("POST", "/v1/batch", body, self.headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{message}: {type(error).__name__}")
            return False
        finally:
            connection.close()
        if answer.status != 200:
            self.failed.append(f"{message}: {answer.status}")
        return answer.status == 200


def test_a_rolling_restart_fails_no_accepted_request(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """SIGTERM to one server while the other, of the next version, answers already; in turns."""
    add_workspace(database)
    key = add_key(database).text
    fleet = Fleet(tmp_path, database_url)
    fleet.start("web")
    fleet.wait_ready()
    roles, ports = ("web", "web-b"), (fleet.port, fleet.port_b)
    try:
        with Traffic(ports, key) as traffic:
            for turn in range(TIMES):
                old, new = turn % 2, (turn + 1) % 2
                fleet.start(roles[new])
                wait_until(lambda port=ports[new]: fleet.answers(port), 30, "the next version to answer")  # type: ignore[misc]
                before = len(traffic.confirmed)
                assert fleet.end(roles[old], EXIT_SECONDS) < EXIT_SECONDS
                wait_until(lambda n=before: len(traffic.confirmed) > n + 50, 30, "traffic to go on")  # type: ignore[misc]
    finally:
        fleet.stop()
    assert traffic.failed == []
    with database.read() as session:
        query = text("select message_id from event where workspace_id = :ws")
        stored = list(session.scalars(query, {"ws": WORKSPACE}))
    assert len(stored) == len(set(stored)) and traffic.confirmed <= set(stored)
    assert fsck(make_runtime(database)) == []
