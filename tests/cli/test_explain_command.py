"""`waypost explain`: one user, one moment, one nudge, on a real database."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import WORKSPACE, Clock, add_workspace, make_runtime
from tests.cli.test_operator import Shell
from tests.definitions.files import FILES
from tests.services.decide_rig import add_person
from waypost_server.cli import funnel_text
from waypost_server.services.publish import publish
from waypost_server.store.database import Database

KEY = "hint"
PUBLISHED = datetime(2020, 1, 2, tzinfo=UTC)  # past, whatever day the machine thinks it is


@pytest.fixture
def shell(database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Commands on a workspace with a published nudge and two people."""
    add_workspace(database)
    runtime = make_runtime(database, Clock(PUBLISHED))
    publish(runtime, WORKSPACE, FILES, author="ada")
    add_person(database, "u1", "acme", role="admin")
    add_person(database, "u2", "globex", role="nobody")
    return Shell(database_url, monkeypatch)


def test_one_user(shell: Shell) -> None:
    """Each nudge with its reason; with --nudge every gate, every comparison and how many pass it."""
    assert "held      audience" in shell.good("explain", "u2")
    told = shell.good("explain", "u2", "--nudge", KEY)
    assert "HELD  audience" in told
    assert "user.role = 'admin', seen 'nobody'  (50% of users pass)" in told
    document = json.loads(shell.good("explain", "u1", "--account", "acme", "--json"))
    assert [(each["key"], each["verdict"]) for each in document["nudges"]] == [(KEY, "eligible")]
    told = shell.good("explain", "u1", "--account", "acme").splitlines()
    assert told[1:] == ["  hint  eligible  1.", "      not in the first 60 seconds of a session"]


def test_news_in_the_feed(shell: Shell, database: Database) -> None:
    """An announcement competes for no place: it is told as in the feed, and not by a rank."""
    file = f"in-app/{KEY}.yaml"
    news = FILES[file].replace("surface: tooltip", "surface: announcement")
    news = news.replace("where: {path: /a/*, anchor: button}", "announcement: {published_on: 2020-01-01}")
    ids = (f"news-{number}" for number in itertools.count())
    runtime = make_runtime(database, Clock(PUBLISHED), new_id=lambda: next(ids))
    publish(runtime, WORKSPACE, {**FILES, file: news}, author="ada")
    assert "  hint  eligible  in the feed" in shell.good("explain", "u1", "--account", "acme")


def test_a_moment(shell: Shell) -> None:
    """--at answers as of then, with what nobody can know; a moment nobody can read is one line."""
    before = shell.good("explain", "u1", "--at", "2020-01-01T00:00:00Z")
    assert "as of 2020-01-01T00:00:00Z" in before and "No nudge was published." in before
    then = json.loads(shell.good("explain", "u1", "--at", "2020-01-03T09:30", "--json"))
    assert then["past"] is True and then["release"] == 1 and then["unknowable"]
    assert "write a time such as" in shell.bad("explain", "u1", "--at", "soon")
    assert "not come yet" in shell.bad("explain", "u1", "--at", "2199-01-01T00:00:00Z")


def test_a_funnel(shell: Shell) -> None:
    """Without a user: a bar for each gate that stops somebody, examples, and the share of each comparison."""
    told = shell.good("explain", "--nudge", KEY).splitlines()
    assert told[0] == "hint, release 1: 1 of 2 users may see it now"
    half = "█" * 15 + "·" * 15
    assert told[1:] == [
        f"  audience          {half}       1   50%",
        "      such as u2 (globex)",
        f"  may see it        {half}       1   50%",
        "      such as u1 (acme)",
        "  audience, each comparison alone",
        "     50% pass  user.role = 'admin'",
    ]
    on_page = shell.good("explain", "u1", "--nudge", KEY, "--page", "https://app.example.com/reports/7")
    assert "where path /a/*: NO" in on_page
    assert "Name the page too" in shell.bad("explain", "u1", "--viewport", "390")
    assert "write narrow, medium, wide" in shell.bad("explain", "u1", "--page", "/a", "--viewport", "huge")
    condition = "{user.role: admin, page.path: /a}"
    counted = shell.good("nudges", "audience", "--condition", condition)
    assert "1 of 2 users" in counted and "page.path: no page was named (--page)" in counted
    assert (
        shell.good("nudges", "audience", "--condition", condition, "--page", "/b")
        == "0 of 2 users, in 0 accounts.\n"
    )
    document = json.loads(shell.good("explain", "--nudge", KEY, "--json"))
    assert (document["users"], document["eligible"]["users"], document["exact"]) == (2, 1, True)
    assert sum(each["users"] for each in document["gates"]) == 1


def test_a_question_without_a_subject(shell: Shell) -> None:
    """Neither user nor nudge, or a funnel of the past, is refused with what to write."""
    for arguments in (["explain"], ["explain", "--nudge", KEY, "--at", "2020-01-03T09:30"]):
        assert "Name a USER, or only a nudge" in shell.bad(*arguments)
    assert "no published nudge" in shell.bad("explain", "--nudge", "none")


def test_a_sample_says_so() -> None:
    """An estimate names how many were asked and its brackets; nobody at all is said in words."""
    part = {"users": 40_000, "low": 38_000, "high": 42_000, "samples": []}
    found = {
        "nudge": KEY, "release": 3, "users": 100_000, "lookedAt": 2_000, "exact": False, "leaves": [],
        "gates": [{**part, "gate": "budget"}], "eligible": {**part, "users": 60_000},
    }  # fmt: skip
    told = funnel_text.lines(found)
    assert "Estimated from 2,000 users" in told[1]
    assert "40,000   40%  [38,000 to 42,000]" in told[2]
    none = funnel_text.lines({**found, "users": 0, "eligible": {**part, "users": 0}})
    assert none[1:] == ["  Nobody was seen in this workspace yet."]


@pytest.mark.slow
def test_a_rehearsal(shell: Shell, tmp_path: Path) -> None:
    """A folder is rehearsed against what is stored, as text, JSON and HTML; a folder with errors is refused."""
    for name, text in FILES.items():
        path = tmp_path / "nudges" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder, report = str(tmp_path / "nudges"), tmp_path / "report.html"
    assert shell.good("nudges", "rehearse", folder, "--days", "2", "--html", str(report))
    assert report.read_text().startswith("<!doctype html>")
    told = shell.good("nudges", "rehearse", folder, "--days", "2", "--json")
    document = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert len(document["days"]) == 2 and document["assumptions"]
    (tmp_path / "nudges" / "catalog.yaml").write_text("product: [")
    assert "First put them right" in shell.bad("nudges", "rehearse", folder)
