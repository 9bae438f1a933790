"""Lists in the console: filtered, gone on with, empty with a way back; and the words on pages of errors."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import insert, select, update

from tests.console.conftest import Console
from waypost_server.console.views import approvals, home, list_files, plays
from waypost_server.store.tables import Account, Approval, Signal


@pytest.mark.parametrize(
    ("path", "there", "gone"),
    [
        ("/deliveries?account=tidewater", "bruno@tidewater.example", "ada@fern.example"),
        ("/deliveries?account=tidewater&state=failed", "550 5.1.1", "Fate unknown"),
        ("/plays/usage-drop?runs=goal_reached", "Fern &amp; Co", "Tidewater Supply"),
        ("/plays/usage-drop?runs=open", "Tidewater Supply", "Fern &amp; Co"),
        ("/plays/usage-drop?runs=failed", "No run stands like this now", "Tidewater Supply"),
        ("/deliveries?account=vellum", "Show all messages", "bruno@tidewater.example"),
        ("/settings/audit?about=draft", "draft.save", "release.publish"),
        ("/settings/audit?person=acme-prod-csm", "Show everything", "draft.save"),
    ],
)
def test_a_list_shows_what_was_asked_for(console: Console, path: str, there: str, gone: str) -> None:
    """Each filter shows what fits and nothing else; an empty answer leads back to everything."""
    page = console.logged_in().get("/console" + path).text
    main = page.partition("<main")[2]
    assert there in main and gone not in main


def test_home_says_that_there_is_more_than_it_shows(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eleven signals that nobody answers read "8+", never 8."""
    values = {"workspace_id": "acme-prod", "account_id": "quarry", "kind": "milestone_overdue", "state": "open",
              "severity": 0.5, "evidence": {}, "since": console.clock(), "opened_at": console.clock(),
              "handling": "run", "handling_reason": ""}  # fmt: skip
    with console.runtime.db.write() as session:
        rows = [{**values, "id": f"x{n}", "dedupe_key": f"x{n}"} for n in range(11)]
        session.execute(insert(Signal), rows)
    page = console.logged_in("csm").get("/console/").text
    assert "Signals that nobody answers · 8+" in page and "The first 8, the most severe" in page
    assert (home.some([1, 2]).count, home.some(range(101), 100).count) == ("2", "100+")


def test_decided_approvals_go_on_after_those_that_wait(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question once, the ones that wait first."""
    monkeypatch.setattr(approvals, "SHOWN", 3)
    now = console.clock()
    values = {"workspace_id": "acme-prod", "release": 1, "author": "x", "state": "approved", "wording": "w"}
    rows = [
        {**values, "id": f"a{n}", "play": f"play-{n}", "asked_at": now - timedelta(days=n // 2)}
        for n in range(7)
    ]
    rows[6]["state"] = "waiting"
    with console.runtime.db.write() as session:
        session.execute(insert(Approval), rows)
    browser, path, seen = console.logged_in(), "/console/approvals", list[str]()
    while path:
        page = browser.get(path).text
        seen += re.findall(r'href="/console/plays/(play-\d)"', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = older[1] if older else ""
    assert seen[0] == "play-6" and sorted(seen) == [f"play-{n}" for n in range(7)]


def test_a_fault_of_ours_is_a_page_with_a_way_on(console: Console) -> None:
    """What failed is not told to the reader; when it was, so that the log can be searched, is."""
    console.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = console.logged_in()
    with patch.object(plays, "goal_words", side_effect=RuntimeError("secret detail")):
        answer = browser.get("/console/plays")
    console.app.config["PROPAGATE_EXCEPTIONS"] = None
    assert answer.status_code == 500 and "the server’s log under this time: Nov 23, 2026" in answer.text
    assert "secret detail" not in answer.text


def test_a_form_that_is_too_large_says_how_much_a_file_may_hold(console: Console) -> None:
    """Nobody is sent to log in again for a text that was pasted by mistake."""
    address = "/console/drafts/admin@acme.example/files/policy.yaml"
    answer = console.logged_in().post(address, {"text": "x" * 1_500_000})
    assert answer.status_code == 413 and "at most 262,144 characters" in answer.text
    assert "log in" not in answer.text.partition("<main")[2]


def table(console: Console, path: str, role: str = "admin") -> list[dict[str, str]]:
    """A list as the spreadsheet that opens the file sees it."""
    answer = console.logged_in(role).get("/console" + path)
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_accounts_are_handed_out_whole_with_the_filters_of_the_page(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every account is in the file once, however many pages it has; a filter narrows it, in either order."""
    monkeypatch.setattr(list_files, "CHUNK", 2)
    with console.runtime.db.read() as session:
        there = session.scalars(select(Account.id).where(Account.workspace_id == "acme-prod")).all()
    for order in ("name", "active"):
        assert sorted(row["id"] for row in table(console, f"/accounts.csv?sort={order}")) == sorted(there)
    assert [row["id"] for row in table(console, "/accounts.csv?q=northwind")] == ["northwind"]
    page = console.logged_in().get("/console/accounts?q=northwind").text
    assert 'href="/console/accounts.csv?q=northwind"' in page and "Download these as CSV" in page


def test_the_queue_is_handed_out_as_it_stands(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The team's open tasks, the most urgent first, with what was noticed; a CSM's own unless asked otherwise."""
    monkeypatch.setattr(list_files, "CHUNK", 1)
    team = table(console, "/queue.csv?scope=team&view=open")
    assert len(team) > 1 and len({row["task"] for row in team}) == len(team)
    assert all(row["why"] and row["evidence"] and row["account"] for row in team)
    assert {row["owner"] for row in table(console, "/queue.csv", "csm")} == {"Sam Whitaker"}
    assert table(console, "/queue.csv?scope=mine") == []  # the admin looks after nobody
    assert {row["state"] for row in table(console, "/queue.csv?scope=team&view=closed")} <= {
        "done", "dismissed", "resolved"
    }  # fmt: skip


def test_no_name_is_calculated_by_a_spreadsheet(console: Console) -> None:
    """A customer that is called like a formula stays text."""
    with console.runtime.db.write() as session:
        session.execute(
            update(Account).where(Account.id == "northwind").values(name='=HYPERLINK("https://x.example")')
        )
    (row,) = table(console, "/accounts.csv?q=HYPERLINK")
    assert row["account"] == '\'=HYPERLINK("https://x.example")'
