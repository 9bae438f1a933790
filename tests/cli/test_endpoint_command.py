"""`waypost endpoint`, `waypost resend` and `waypost bounces` on a real database."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.channels.reports import dsn
from tests.cli.test_operator import Shell
from tests.faults.sinks import hook_sink
from tests.services.play_rig import FILES
from waypost_server.services.publish import publish
from waypost_server.store.database import Database, open_engine


@pytest.fixture
def shell(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A workspace with a webhook and a chat room."""
    return Shell(database_url, monkeypatch)


def _publish(url: str, hook: str) -> None:
    engine = open_engine(url)
    database = Database(engine)
    add_workspace(database)
    policy = FILES["policy.yaml"].replace("https://crm.example.com/hook", hook)
    rooms = "chat: {cs-team: {service: slack}}\n"
    publish(make_runtime(database), WORKSPACE, {**FILES, "policy.yaml": policy + rooms}, author="tests")
    engine.dispose()


def test_an_operator_looks_after_endpoints(shell: Shell, database_url: str) -> None:
    """Listed, tried, switched off with a reason and on, a secret changed, a room's address given."""
    shell.set("WAYPOST_ALLOW_LOOPBACK", "1")
    with hook_sink() as (sink, url):
        _publish(database_url, url)
        assert "Taken: HTTP 200" in shell.good("endpoint", "test", "crm-note")
        sink.status = 500
        assert "Not taken: HTTP 500" in shell.bad("endpoint", "test", "crm-note")
        shell.good("endpoint", "off", "crm-note", "--reason", "CRM moves")
        assert "off (CRM moves)" in shell.good("endpoint", "list")
        assert "go now: 0." in shell.good("endpoint", "on", "crm-note")
        before = shell.good("endpoint", "secret", "crm-note").strip()
        after = shell.good("endpoint", "secret", "crm-note", "--rotate").strip()
        assert before != after and shell.good("endpoint", "secret", "crm-note").strip() == after
        sink.status = 200
        shell.good("endpoint", "address", "cs-team", "--address", url)
        assert "Taken: HTTP 200" in shell.good("endpoint", "test", "chat:cs-team")
        assert "There is no such endpoint" in shell.bad("endpoint", "on", "chat:nobody")
        assert "There is no such delivery" in shell.bad("resend", "nobody")


def test_a_mailbox_of_reports_is_read(shell: Shell, database_url: str, tmp_path: Path) -> None:
    """It says what it found, also when it is nothing of ours."""
    _publish(database_url, "https://crm.example.com/hook")
    box = mailbox.mbox(tmp_path / "bounces")
    box.add(dsn("nobody"))
    box.flush()
    said = shell.good("bounces", str(tmp_path / "bounces"))
    assert "Messages read: 1. Reports taken: 0, known before: 0, about no mail of ours: 1." in said
