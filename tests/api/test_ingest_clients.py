"""Clients as they are: Segment's own for Python and Node against a live server, and a thousand at once."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from segment.analytics.client import Client
from sqlalchemy import text

from tests.api.served import ROOT, served
from tests.builders import add_key, add_workspace, make_event, make_runtime
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database

pytestmark = pytest.mark.slow


@pytest.fixture
def server(database: Database, database_url: str) -> Iterator[tuple[str, str, Database]]:
    """Address, secret key and database of a live server, once on SQLite and once on PostgreSQL."""
    add_workspace(database)
    key = add_key(database)
    with served(database_url) as (address, _):
        yield address, key.text, database


def stored(database: Database, sql: str = "select type, count(*) from event group by type") -> dict[str, int]:
    """Events by type."""
    with database.read() as session:
        return {row[0]: row[1] for row in session.execute(text(sql))}


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_python_client_delivers_everything(server: tuple[str, str, Database], gzip: bool) -> None:
    """Unmodified, pointed at our host."""
    address, key, database = server
    errors: list[Any] = []
    client = Client(
        key,
        host=address,
        gzip=gzip,
        upload_size=20,
        on_error=lambda error, _: errors.append(error),
        timeout=30,
    )
    client.identify("py-user", {"email": "py@example.com"})
    client.group("py-user", "py-inc", {"name": "Py Inc."})
    client.page("py-user", None, "Home")
    client.screen("py-user", None, "Home")
    client.alias("anonymous-1", "py-user")
    for number in range(150):
        client.track("py-user", "Report Exported", {"n": number, "ratio": float("nan"), "title": "Übersicht"})
    client.flush()
    client.join()
    assert errors == []
    assert stored(database) == {"identify": 1, "group": 1, "page": 1, "screen": 1, "alias": 1, "track": 150}


def test_segments_node_client_delivers_everything(server: tuple[str, str, Database]) -> None:
    """Unmodified, pointed at our host."""
    address, key, database = server
    run = subprocess.run(
        ["node", "tests/api/segment_node.mjs", address, key, "150"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == {"failures": []}
    assert stored(database) == {"identify": 1, "group": 1, "page": 1, "screen": 1, "alias": 1, "track": 150}


def test_a_thousand_parallel_copies_are_one_event(server: tuple[str, str, Database]) -> None:
    """Two processes, many connections, one messageId: one row, one count, and 200 for everybody."""
    address, key, database = server
    body = {"batch": [make_event(messageId="the-one"), make_event(messageId="the-other", userId="u2")]}
    limits = httpx.Limits(max_connections=16)
    with httpx.Client(base_url=address, auth=(key, ""), limits=limits, timeout=60) as client:

        def post(_: int) -> tuple[int, int]:
            answer = client.post("/v1/batch", json=body)
            if (
                answer.status_code == 429
            ):  # told to wait: the honest answer under such a crowd, and no event lost
                return 429, 0
            return answer.status_code, answer.json()["accepted"]

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = Counter(pool.map(post, range(1_000)))
    assert {status for status, _ in answers} == {200}
    assert sum(accepted * times for (_, accepted), times in answers.items()) == 2
    assert stored(database) == {"track": 2}
    with database.read() as session:
        assert session.execute(text("select sum(accepted), sum(duplicate) from ingest_day")).one() == (
            2,
            1998,
        )
    assert fsck(make_runtime(database)) == []


def test_parallel_batches_of_the_same_people_lose_nothing(server: tuple[str, str, Database]) -> None:
    """Batches in opposite orders over the same accounts neither deadlock nor lose a count."""
    address, key, database = server
    with httpx.Client(base_url=address, auth=(key, ""), timeout=60) as client:

        def post(number: int) -> int:
            events = [
                make_event(messageId=f"{number}-{i}", type="identify", userId=f"u{i}", traits={f"t{number}": i},
                           context={"groupId": f"a{i % 5}"})
                for i in range(20)
            ]  # fmt: skip
            answer = client.post("/v1/batch", json={"batch": events[:: 1 if number % 2 else -1]})
            assert answer.status_code == 200, answer.text
            return int(answer.json()["accepted"])

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(post, range(60))) == 1_200
    with database.read() as session:
        traits = session.execute(text("select traits from end_user")).scalars().all()
    kept = [json.loads(each) if isinstance(each, str) else each for each in traits]
    assert [len(each) for each in kept] == [60] * 20
