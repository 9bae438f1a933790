"""A 200 means on disk: the guard at the start, and the order of sync and answer."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine

from tests.api.served import served
from tests.builders import add_key, add_workspace, make_event
from waypost_server.store.database import Database, open_engine
from waypost_server.store.durability import DurabilityError, check, disk_of


def test_a_durable_sqlite_passes(sqlite_url: str) -> None:
    """WAL with synchronous=FULL on a local disk, as `open_engine` sets it."""
    engine = open_engine(sqlite_url)
    check(engine)
    engine.dispose()


def test_a_hasty_sqlite_is_refused(tmp_path: Path) -> None:
    """The driver's defaults may lose commits."""
    engine = create_engine(f"sqlite:///{tmp_path}/hasty.db")
    with pytest.raises(DurabilityError, match="WAL and FULL"):
        check(engine)
    engine.dispose()


def test_a_hasty_postgres_is_refused(postgres_url: str) -> None:
    """The tests' own server runs without fsync."""
    engine = open_engine(postgres_url)
    with pytest.raises(DurabilityError, match="fsync=off"):
        check(engine)
    engine.dispose()


def test_postgres_commits_are_synchronous(postgres_url: str) -> None:
    """Nothing in our connections turns it off."""
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar_one() == "on"
    engine.dispose()


def test_a_network_disk_is_recognised(tmp_path: Path) -> None:
    """By the longest mount point above the file."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/x /data nfs4 rw 0 0\ntmp /data/local\\040disk xfs rw 0 0\n"
    )
    assert disk_of(Path("/data/waypost.db"), mounts) == "nfs4"
    assert disk_of(Path("/data/local disk/waypost.db"), mounts) == "xfs"
    assert disk_of(Path("/var/waypost.db"), mounts) == "ext4"
    assert disk_of(Path("/var/waypost.db"), tmp_path / "none") == ""


@pytest.mark.slow
def test_a_sync_precedes_every_200(sqlite_url: str, tmp_path: Path) -> None:
    """Seen by the kernel: between two answers to ingest calls there is always a sync of the database."""
    engine = open_engine(sqlite_url)
    database = Database(engine)
    add_workspace(database)
    key = add_key(database)
    trace = tmp_path / "trace"
    calls = [
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=fdatasync,fsync,sendto,write,writev,sendmsg",
        "-s",
        "200",
        "-o",
        str(trace),
    ]
    with (
        served(sqlite_url, workers=1, before=calls) as (address, _),
        httpx.Client(base_url=address, auth=(key.text, ""), timeout=60) as client,
    ):
        client.post("/v1/batch", json={"batch": [make_event()]})
        for _ in range(20):
            assert client.post("/v1/batch", json={"batch": [make_event()]}).status_code == 200
    engine.dispose()
    order = re.findall(r"(fdatasync|fsync)\(|(HTTP/1\.1 200)", trace.read_text())
    story = "".join("s" if sync else "A" for sync, _ in order)
    assert story.count("A") == 21
    assert "AA" not in story and story.startswith("s")
