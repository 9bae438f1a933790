"""`waypost nudges --host --key`: the whole loop over HTTP, without a database at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from tests.apps import make_app
from tests.builders import add_key, add_workspace
from tests.definitions.files import FILES
from tests.faults.sinks import hook_sink
from waypost_server.cli.nudges import nudges
from waypost_server.store.database import Database, open_engine


@pytest.fixture
def server(sqlite_url: str) -> Iterator[tuple[str, str]]:
    """The address of a running Waypost, and a key that may manage it."""
    database = Database(open_engine(sqlite_url))
    add_workspace(database)
    key = add_key(database).text
    serving = make_server("127.0.0.1", 0, make_app(sqlite_url), threaded=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}", key
    serving.shutdown()
    thread.join()
    serving.server_close()
    database.engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of definitions."""
    for name, text in FILES.items():
        file = tmp_path / "nudges" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "nudges"


def run(server: tuple[str, str], *words: str) -> Result:
    """A command against the server; nothing but address and key is known of it."""
    known = {"WAYPOST_URL": server[0], "WAYPOST_KEY": server[1], "WAYPOST_DATABASE_URL": ""}
    return CliRunner().invoke(nudges, words, env=known)


def test_plan_apply_draft_and_rollback_by_key(server: tuple[str, str], folder: Path, tmp_path: Path) -> None:
    """What a pull request and a merge do: plan, publish, push a draft, read it back byte for byte, go back."""
    planned = run(server, "plan", str(folder))
    assert planned.exit_code == 0 and "+ nudge hint" in planned.output, planned.output
    assert "Release 1 is live" in run(server, "apply", str(folder), "-m", "First").output
    policy = folder / "policy.yaml"
    policy.write_text(policy.read_text().replace("max: 3", "max: 4"))
    assert run(server, "push", str(folder), "--draft", "spring").exit_code == 0
    back = tmp_path / "back"
    assert run(server, "pull", str(back), "--draft", "spring").exit_code == 0
    assert (back / "policy.yaml").read_bytes() == policy.read_bytes()
    assert "Release 2 is live" in run(server, "apply", str(folder)).output
    assert "caps[1].max: 3 → 4" in run(server, "diff", "1", "2").output
    assert "Release 3 is live" in run(server, "rollback", "1", "--yes").output


def test_the_servers_words_are_the_commands_words(server: tuple[str, str], folder: Path) -> None:
    """A wrong key, a release that is not there: the reason and the remedy, on a line."""
    wrong = run((server[0], "wp_sk_wrong"), "plan", str(folder))
    assert wrong.exit_code == 1 and "This API key is not known" in wrong.output
    assert "There is no release 9." in run(server, "rollback", "9", "--yes").output
    absent = run(("http://127.0.0.1:9", "wp_sk_x"), "plan", str(folder))
    assert absent.exit_code == 1 and "does not answer" in absent.output


def test_a_key_goes_nowhere_but_to_the_host_that_was_named(folder: Path) -> None:
    """A redirect is told, not followed: the key stays here."""
    with hook_sink() as (elsewhere, there), hook_sink() as (sink, here):
        sink.status, sink.headers = 307, {"Location": there}
        result = run((here.removesuffix("/hook"), "wp_sk_x"), "plan", str(folder))
    assert result.exit_code == 1 and f"The server leads on to {there}" in result.output
    assert elsewhere.posts == [] and len(sink.posts) == 1
