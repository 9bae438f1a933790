"""A13, P18: servers are stopped and started under traffic, also of two versions at once; no accepted request fails."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import subprocess
import tarfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import WORKSPACE, Clock, add_key, add_workspace, make_event, make_runtime
from tests.conftest import copy_database, drop_database, on_database
from tests.faults.fleet import Fleet
from tests.waiting import until
from waypost_server.services.fsck import check as fsck
from waypost_server.store import migrate
from waypost_server.store.database import Database, open_engine

SENDERS, PAUSE_SECONDS = 8, 0.04  # two hundred requests a second
EXIT_SECONDS = 30.0
ROOT = Path(__file__).parents[2]
TIMES = 10
QUESTION = json.dumps({"userId": "u1", "accountId": "acme", "context": {}})
pytestmark = [pytest.mark.slow, pytest.mark.fault_long, pytest.mark.timeout(500)]


class Traffic:
    """Senders that do what a load balancer does: whoever does not listen is passed over."""

    def __init__(self, ports: tuple[int, int], key: str, *, decides: bool = False) -> None:
        self.ports, self.decides = ports, decides
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
            if any(self._post(port, "/v1/batch", body, message) for port in self._turn(number)):
                self.confirmed.add(message)
            if self.decides:
                any(self._post(port, "/v1/decide", QUESTION, message) for port in self._turn(number))

    def _turn(self, number: int) -> tuple[int, int]:
        return self.ports if number % 2 else (self.ports[1], self.ports[0])

    def _post(self, port: int, path: str, body: str, message: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
        except OSError:
            self.refused += 1
            return False
        try:
            connection.request("POST", path, body, self.headers)
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
                until("the next version to answer", lambda port=ports[new]: fleet.answers(port), 30)  # type: ignore[misc]
                before = len(traffic.confirmed)
                assert fleet.end(roles[old], EXIT_SECONDS) < EXIT_SECONDS
                until("traffic to go on", lambda n=before: len(traffic.confirmed) > n + 50, 30)  # type: ignore[misc]
    finally:
        fleet.stop()
    assert traffic.failed == []
    with database.read() as session:
        query = text("select message_id from event where workspace_id = :ws")
        stored = list(session.scalars(query, {"ws": WORKSPACE}))
    assert len(stored) == len(set(stored)) and traffic.confirmed <= set(stored)
    assert fsck(make_runtime(database)) == []


def test_two_versions_work_on_one_database(empty_url: str, before: Path, tmp_path: Path) -> None:
    """The version before the newest migration goes on while the database is brought up, beside the new one, and is
    then stopped: web servers and workers, events and decisions. Nothing fails, and nobody gets a mail twice."""
    fleet = Fleet(tmp_path, empty_url)
    fleet.waypost("db", "upgrade", code=before)
    fleet.waypost("workspace", "create", WORKSPACE, "--mode", "development", code=before)
    fleet.waypost("nudges", "apply", str(ROOT / "nudges"), code=before)
    made = fleet.waypost("key", "create", "secret", "--name", "tests", code=before)
    key = next(word for word in made.split() if word.startswith("wp_sk_"))
    fleet.start("valkey")
    fleet.start("web", "worker", code=before)
    fleet.wait_ready()
    try:
        with Traffic((fleet.port, fleet.port_b), key, decides=True) as traffic:
            _more(traffic, 200)
            fleet.waypost("db", "upgrade")
            _more(traffic, 200)
            fleet.start("web-b", "worker-b")
            until("the next version to answer", lambda: fleet.answers(fleet.port_b), 30)
            _more(traffic, 400)
            assert max(fleet.end("web", EXIT_SECONDS), fleet.end("worker", EXIT_SECONDS)) < EXIT_SECONDS
            _more(traffic, 200)
    finally:
        fleet.stop()
    assert traffic.failed == []
    engine = open_engine(empty_url)
    runtime = make_runtime(Database(engine), Clock(datetime.now(UTC)))
    with runtime.db.read() as session:
        stored = list(session.scalars(text("select message_id from event where name = 'Report Exported'")))
    assert len(stored) == len(set(stored)) and traffic.confirmed <= set(stored)
    mails = [message_from_bytes(file.read_bytes()) for file in fleet.mailbox.rglob("*.eml")]
    assert set(Counter((mail["To"], mail["Subject"]) for mail in mails).values()) <= {1}
    assert fsck(runtime) == []
    engine.dispose()


def _more(traffic: Traffic, requests: int) -> None:
    before = len(traffic.confirmed)
    until("traffic to go on", lambda: len(traffic.confirmed) > before + requests, 60)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server, name = request.getfixturevalue("postgres_server"), f"waypost_{uuid.uuid4().hex[:12]}"
    copy_database(server, "template0", name)
    yield on_database(server, name)
    drop_database(server, name)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The code of the last commit before the newest migration, from the repository's history."""
    newest = max((migrate.FOLDER / "versions").glob("[0-9]*.py"))
    made = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", str(newest)).decode().strip()
    folder = tmp_path / "before"
    archive = _git("archive", "--format=tar", f"{made}^" if made else "HEAD", "server")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    static = ROOT / "server" / "waypost_server" / "sdk_static"  # built, so not in the history
    shutil.copytree(static, folder / "server" / "waypost_server" / "sdk_static", dirs_exist_ok=True)
    return folder / "server"


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout
