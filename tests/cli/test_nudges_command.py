"""`waypost nudges`: what an author sees in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.definitions.files import FILES
from waypost_server.cli.nudges import nudges


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small, correct set as files."""
    for name, text in FILES.items():
        path = tmp_path / "nudges" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "nudges"


def test_a_clean_folder(folder: Path) -> None:
    """Nothing to say but the summary, and exit code 0."""
    result = CliRunner().invoke(nudges, ["validate", str(folder)])
    assert result.exit_code == 0
    assert result.output == "1 nudge, 1 play, 1 template, 1 milestone, 1 case: 0 errors, 0 warnings.\n"


def test_findings_are_lines(folder: Path) -> None:
    """Each finding is one line an editor can open, and errors make exit code 1."""
    path = folder / "in-app" / "hint.yaml"
    path.write_text(path.read_text().replace("surface:", "surfce:"))
    result = CliRunner().invoke(nudges, ["validate", str(folder)])
    assert result.exit_code == 1
    assert f"{path}:3: error unknown_key unknown key 'surfce' — did you mean surface" in result.output


def test_json(folder: Path) -> None:
    """--json prints one document for machines."""
    (folder / "plays" / "x.yml").write_text("a: 1")
    result = CliRunner().invoke(nudges, ["validate", str(folder), "--json"])
    document = json.loads(result.output)
    assert (result.exit_code, document["ok"]) == (1, False)
    assert document["findings"][0]["file"] == "plays/x.yml"


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is one clear line."""
    result = CliRunner().invoke(nudges, ["validate", str(tmp_path / "nope")])
    assert result.exit_code == 1
    assert "there is no folder" in result.output


def test_bytes_that_are_no_text(folder: Path) -> None:
    """A file in another encoding is named, and the rest is still checked."""
    (folder / "in-app" / "old.yaml").write_bytes(b"title: Gr\xfc\xdfe")
    result = CliRunner().invoke(nudges, ["validate", str(folder)])
    assert "in-app/old.yaml:1: error not_utf8 byte 9 is not UTF-8" in result.output


def test_apply(folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """apply publishes a release, and says so when nothing changed."""
    from tests.builders import add_workspace
    from waypost_server.store.database import Database, open_engine

    engine = open_engine(database_url)
    add_workspace(Database(engine))
    engine.dispose()
    monkeypatch.setenv("WAYPOST_DATABASE_URL", database_url)
    monkeypatch.setenv("WAYPOST_SECRET", "x" * 40)
    monkeypatch.setenv("WAYPOST_REDIS_URL", "redis://127.0.0.1:1/0")
    first = CliRunner().invoke(nudges, ["apply", str(folder), "-m", "first"], catch_exceptions=False)
    second = CliRunner().invoke(nudges, ["apply", str(folder)], catch_exceptions=False)
    assert first.output.endswith("Release 1 is live in acme-prod.\n")
    assert second.output.endswith("Nothing changed: release 1 is live in acme-prod.\n")


def test_cases_that_pass(folder: Path) -> None:
    """Cases run without a server."""
    result = CliRunner().invoke(nudges, ["test", str(folder)])
    assert result.exit_code == 0
    assert result.output.startswith("1 of 1 cases passed in ")


def test_a_failed_case_shows_expected_got_and_the_comparison(folder: Path) -> None:
    """The author sees which comparison failed, and the value it saw."""
    path = folder / "in-app" / "hint.yaml"
    path.write_text(path.read_text().replace("given: {user: {role: admin}}", "given: {user: {role: viewer}}"))
    result = CliRunner().invoke(nudges, ["test", str(folder)])
    assert result.exit_code == 1
    assert "FAILED hint: an admin" in result.output
    assert f"{folder}/in-app/hint.yaml:14" in result.output
    assert "expected  shown" in result.output
    assert "got       held: audience" in result.output
    assert 'failed    user.role = "admin", but it is "viewer"' in result.output
    document = json.loads(CliRunner().invoke(nudges, ["test", str(folder), "--json"]).output)
    assert (document["ok"], document["cases"][0]["failed"][0]["seen"]) == (False, "viewer")


def test_coverage_of_a_set_with_a_hole(folder: Path) -> None:
    """An empty cell is named, and is exit code 1."""
    path = folder / "in-app" / "hint.yaml"
    path.write_text(
        path.read_text().replace("audience: {user.role: admin}", "audience: {account.motion: long_tail}")
    )
    result = CliRunner().invoke(nudges, ["coverage", str(folder)])
    assert result.exit_code == 1
    assert "large/strategic, (none)/strategic: EMPTY" in result.output
    document = json.loads(CliRunner().invoke(nudges, ["coverage", str(folder), "--json"]).output)
    assert len([cell for cell in document["cells"] if not cell["next"]]) == 4
