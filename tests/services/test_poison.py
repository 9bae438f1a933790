"""An account that kills its worker takes nobody with it, and is parked where a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services import evaluate
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Account


class Death(BaseException):
    """As if the process were gone: nothing below catches it."""


def test_a_poisonous_account_is_parked_and_its_neighbours_are_evaluated(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A12: after the first death claims come one by one, so only the culprit reaches five."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    for name in ("a", "poison", "z"):
        rig.add_account(name)
    judge = evaluate.judge

    def dies(account: evaluate.AccountSeen, *rest: object, **more: object) -> object:
        if account.id == "poison":
            raise Death
        return judge(account, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "judge", dies)
    for _ in range(12):
        try:
            while evaluate.evaluate_due(rig.runtime, WORKSPACE):
                pass
        except Death:
            rig.clock.move(seconds=61)
    found = {row.id: (row.evaluated, row.claims) for row in rig.rows(Account)}
    assert found == {"a": (1, 0), "poison": (0, 5), "z": (1, 0)}
    assert fsck(rig.runtime) == [f"{WORKSPACE}: account poison is parked: its evaluation failed five times."]
