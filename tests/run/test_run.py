"""One command starts everything, and everything ends with it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.run.processes import Run, alive, refuse
from tests.waiting import until

pytestmark = pytest.mark.slow
Start = Callable[..., Run]
ROLES = ("parent", "web", "worker", "valkey")


def test_starts_answers_and_stops(run: Start, tmp_path: Path) -> None:
    """The ready file names addresses, keys and processes, all private; SIGTERM ends everything with exit code 0."""
    started = run()
    facts = started.facts()
    assert started.get("/readyz") == 200
    assert facts["workspace"] == "default"
    assert facts["public_key"].startswith("wp_pk_") and facts["secret_key"].startswith("wp_sk_")
    assert facts["login_url"].startswith(facts["url"] + "/console/login/link/")
    assert all(alive(facts["pids"][role]) for role in ROLES)
    assert started.get("/v1/stats", key=facts["secret_key"]) == 200
    data = tmp_path / "data"
    for file in (data / "secret", data / "keys.json", started.ready_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert started.stop() == 0
    assert not any(alive(facts["pids"][role]) for role in ROLES)
    assert not started.ready_file.exists()
    assert facts["login_url"] in started.output()
    assert "Traceback" not in started.output()


def test_starting_again_continues(run: Start) -> None:
    """Ctrl-C stops as cleanly; a second run on the folder has the same keys, and a new one-time login link."""
    first = run()
    before = first.facts()
    assert first.stop(signal.SIGINT) == 0
    after = run(name="again").facts()
    assert [after[name] for name in ("workspace", "public_key", "secret_key")] == [
        before[name] for name in ("workspace", "public_key", "secret_key")
    ]
    assert after["login_url"].rpartition("/")[2] != before["login_url"].rpartition("/")[2]


def test_killed_children_come_back(run: Start) -> None:
    """kill -9 of each child: a line says so, another takes its place, and requests are answered again."""
    started = run()
    before = started.facts()["pids"]
    for role in ("valkey", "worker", "web"):
        os.kill(before[role], signal.SIGKILL)
    for role in ("valkey", "worker", "web"):
        until(
            f"a new {role}", lambda role=role: started.facts()["pids"].get(role, before[role]) != before[role]
        )
        assert f"{role} was killed by SIGKILL; starting it again." in started.output()
    until("an answer", lambda: started.get("/readyz") == 200)
    assert all(alive(pid) for pid in started.facts()["pids"].values())


def test_a_killed_parent_takes_its_children_along(run: Start, tmp_path: Path) -> None:
    """kill -9 of the parent ends every child, and a new start on the same folder and port works at once."""
    started = run()
    facts = started.facts()
    os.kill(facts["pids"]["parent"], signal.SIGKILL)
    started.process.wait()
    again = run("--port", facts["url"].rpartition(":")[2], name="again")
    assert again.facts()["secret_key"] == facts["secret_key"]
    assert not any(alive(facts["pids"][role]) for role in ROLES)


def test_a_second_instance_is_refused(run: Start, tmp_path: Path) -> None:
    """The line names the folder and the process that uses it."""
    facts = run().facts()
    line = refuse(tmp_path, "run", "--data", "data", "--port", "0")
    assert "Another waypost run uses" in line
    assert f"(process {facts['pids']['parent']})" in line and facts["url"] in line


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    """The line names the port and the option, and nothing is left running."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        line = refuse(tmp_path, "run", "--data", "data", "--port", port)
    assert line == f"Error: Port {port} is taken by another program. Choose another with --port."


def test_an_unusable_folder_is_refused(tmp_path: Path) -> None:
    """A file in its place, a folder nobody may write, and damaged contents each get one line with the remedy."""
    (tmp_path / "file").write_text("")
    assert "is a file, not a folder" in refuse(tmp_path, "run", "--data", "file")
    assert "Cannot write to /proc/waypost" in refuse(tmp_path, "run", "--data", "/proc/waypost")
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "waypost.db").write_text("this is not a database, but it is long enough to look at")
    assert "is not a database" in refuse(tmp_path, "run", "--data", "bad")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "waypost.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    assert "cannot be used" in refuse(tmp_path, "run", "--data", "damaged", "--port", "0")
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "keys.json").write_text("{")
    assert "keys.json cannot be read" in refuse(tmp_path, "run", "--data", "keys", "--port", "0")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file with other tables is left alone, and so is one of a newer Waypost."""
    import sqlite3

    folder = tmp_path / "data"
    folder.mkdir()
    with sqlite3.connect(folder / "waypost.db") as other:
        other.execute("create table songs (id integer)")
    assert "belongs to another program" in refuse(tmp_path, "run", "--data", "data", "--port", "0")
    with sqlite3.connect(folder / "waypost.db") as other:
        other.execute("create table alembic_version (version_num text)")
        other.execute("insert into alembic_version values ('9999')")
    assert "newer Waypost" in refuse(tmp_path, "run", "--data", "data", "--port", "0")


def test_missing_things_are_named(tmp_path: Path) -> None:
    """A missing definitions folder and a missing folder for the ready file get one line each."""
    assert "There is no definitions folder" in refuse(tmp_path, "run", "--demo", "--data", "data")
    assert "there is no folder" in refuse(tmp_path, "run", "--ready-file", "nowhere/ready.json")
    assert "WAYPOST_DATABASE_URL is not set" in refuse(tmp_path, "key", "list")


def test_the_watchdog_ends_children_without_the_kernels_help(tmp_path: Path) -> None:
    """Where PR_SET_PDEATHSIG does not exist, the end of the parent's pipe ends the children it named."""
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, process_group=0)
    dog = subprocess.Popen(
        [sys.executable, "-m", "waypost_server.cli.embedded.watchdog"], stdin=subprocess.PIPE, text=True
    )
    assert dog.stdin is not None
    dog.stdin.write(f"+{sleeper.pid}\n")
    dog.stdin.close()
    assert sleeper.wait(20) == -signal.SIGTERM
    assert dog.wait(20) == 0
