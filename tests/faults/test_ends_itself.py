"""A12: an account whose evaluation ends the process it runs in, again and again, with os._exit."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.apps import make_app
from tests.builders import WORKSPACE
from tests.faults.processes import ends_itself_at_account
from tests.services.play_rig import PlayRig
from waypost_server.domain.errors import ConflictError
from waypost_server.services.fsck import check as fsck
from waypost_server.services.retry_account import retry_account
from waypost_server.store import due
from waypost_server.store.database import Database
from waypost_server.store.tables import Account

SWEEP_SECONDS = 15
LATE = timedelta(minutes=2)


@pytest.mark.slow
def test_it_is_set_aside_after_five_deaths_and_its_neighbours_are_hardly_late(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Whoever starts next finds what is left; the culprit is named by fsck and counted, and a person lets it go on."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    for name in ("a", "b", "poison", "y", "z"):
        rig.add_account(name)
    began, deaths, took = rig.clock.now, 0, timedelta()
    while rig.clock.now < began + timedelta(minutes=15):
        if _is_something_free(rig):
            deaths += ends_itself_at_account("poison", database_url, rig.clock.now)
            waiting = {row.id for row in rig.rows(Account) if row.evaluated < row.touched}
            took = rig.clock.now - began if waiting != {"poison"} else took
        rig.clock.move(seconds=SWEEP_SECONDS)
    assert deaths == 5 and waiting == {"poison"} and took < LATE
    assert fsck(rig.runtime) == [f"{WORKSPACE}: account poison is parked: its evaluation failed five times."]
    assert "waypost_claims_parked 1\n" in _metrics(rig, database_url)
    retry_account(rig.runtime, WORKSPACE, "poison", actor="robin")
    with pytest.raises(ConflictError):
        retry_account(rig.runtime, WORKSPACE, "a", actor="robin")
    rig.drain()
    assert {row.claims for row in rig.rows(Account)} == {0} and fsck(rig.runtime) == []


def _is_something_free(rig: PlayRig) -> bool:
    with rig.database.read() as session:
        return bool(due.workspaces_with_due_accounts(session, rig.clock.now))


def _metrics(rig: PlayRig, database_url: str) -> str:
    app = make_app(database_url)
    text = app.test_client().get("/metrics").get_data(as_text=True)
    app.extensions["waypost"].db.engine.dispose()
    return text
