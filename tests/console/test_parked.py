"""An account that workers gave up on is named where people look, and let go on from a shell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cli.test_operator import Shell
from tests.console.conftest import Console
from waypost_server.store.database import Database
from waypost_server.store.tables import Account

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_home_names_it_until_somebody_lets_it_go_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do about it; a second try is refused in words."""
    browser = console.logged_in("viewer")
    assert "Accounts set aside" not in browser.get("/console/").text
    name = _park(console.runtime.db)
    page = browser.get("/console/").text
    assert "Accounts set aside · 1" in page and f"waypost retry-account {name}" in page
    shell = Shell(console.runtime.db.engine.url.render_as_string(hide_password=False), monkeypatch)
    again = ("retry-account", name, "--workspace", "acme-prod")
    assert "look at" in shell.good(*again)
    assert "not parked" in shell.bad(*again)
    assert "Accounts set aside" not in browser.get("/console/").text


def _park(database: Database) -> str:
    """As if five workers had died of one account long ago; its id."""
    with database.write() as session:
        account = session.query(Account).filter_by(workspace_id="acme-prod").order_by(Account.id).first()
        account.touched, account.claims = account.evaluated + 1, 5
        account.lease_until = LONG_AGO
        return account.id
