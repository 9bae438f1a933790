"""First drafts and previews on the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from waypost_server.channels.template_check import check_template
from waypost_server.cli import main
from waypost_server.definitions.loader import load
from waypost_server.definitions.scaffolds import KINDS

NUDGES = Path(__file__).parents[2] / "nudges"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped definitions."""
    return Path(shutil.copytree(NUDGES, tmp_path / "nudges"))


def waypost(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, ["nudges", *words])
    assert done.exit_code == status, done.output
    return done.output


@pytest.mark.parametrize("kind", KINDS)
def test_every_first_draft_is_valid_as_it_stands(kind: str, folder: Path) -> None:
    """Written into the shipped set it has no error, its cases pass, and the command says what comes next."""
    said = waypost("new", kind, f"fresh-{kind}", "--folder", str(folder))
    assert "written" in said and "waypost nudges validate" in said
    loaded = load(folder, check_template=check_template)
    fresh = [each for each in loaded.findings if f"fresh-{kind}" in each.file]
    assert [str(each) for each in fresh if each.severity == "error"] == []
    if kind not in ("play", "template"):
        assert waypost("preview", f"fresh-{kind}", str(folder))


def test_an_empty_folder_begins_with_a_catalogue(tmp_path: Path) -> None:
    """A nudge needs something to aim at: the refusal names the command that writes it, and then all is valid."""
    folder = tmp_path / "nudges"
    refused = waypost("new", "tooltip", "first-tip", "--folder", str(folder), status=1)
    assert "begin with `waypost nudges new catalog" in refused
    waypost("new", "catalog", "acme", "--title", "Acme: reports", "--folder", str(folder))
    for kind in KINDS:
        waypost("new", kind, f"first-{kind}", "--folder", str(folder))
    loaded = load(folder, check_template=check_template)
    assert [str(each) for each in loaded.errors] == []
    assert loaded.definitions.catalog.product == "Acme: reports"
    again = waypost("new", "catalog", "acme", "--folder", str(folder), status=1)
    assert "catalog.yaml is there already" in again


def test_a_draft_overwrites_nothing_and_needs_a_key(folder: Path) -> None:
    """A taken or an odd key is refused in one line."""
    before = (folder / "in-app" / "automation-halfway.yaml").read_text()
    assert "is there already" in waypost(
        "new", "tooltip", "automation-halfway", "--folder", str(folder), status=1
    )
    assert (folder / "in-app" / "automation-halfway.yaml").read_text() == before
    assert "is no key" in waypost("new", "tooltip", "My Nudge", "--folder", str(folder), status=1)


def test_a_preview_shows_the_words_and_the_numbers_used(folder: Path) -> None:
    """As the person of a case would read it; a missing number says that its line is left out."""
    said = waypost("preview", "report-schedule", str(folder), "--case", "somebody who exports every week")
    assert "You exported reports 4 times in four weeks." in said and "companies like yours" not in said
    numbers = dict(line.split(None, 1) for line in said.partition("Numbers used:")[2].splitlines() if line)
    assert numbers["usage.report_export.count_28d"] == "4"
    assert numbers["peers.report_schedule.active_share"].startswith("missing")
    assert "no case" in waypost("preview", "report-schedule", str(folder), "--case", "nobody", status=1)
    assert "no nudge" in waypost("preview", "nothing", str(folder), status=1)


@pytest.mark.slow
def test_pytest_runs_the_cases_of_a_folder(folder: Path) -> None:
    """Each case is an item; a failing one says what was expected and which comparison decided."""
    nudge = folder / "in-app" / "report-schedule.yaml"
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(nudge)]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout + done.stderr
    nudge.write_text(nudge.read_text().replace("count_28d: {$gte: 2}", "count_28d: {$gte: 9}"))
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "1 failed" in done.stdout
    assert (
        "expected shown, got held: audience: usage.report_export.count_28d $gte 9, but it is 4" in done.stdout
    )
