"""Whatever the plays say and however motions change: no delivery and no grant is made for a strategic account."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE
from tests.services.play_rig import OVERDUE, PlayRig
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Delivery, NudgeGrant, Task

STEPS = {
    "email": "email: {template: tips, to: {role: admin, limit: 1}}",
    "wait": "wait: {days: 1}",
    "nudge": "nudge: {key: restart, role: [admin]}",
    "webhook": "webhook: crm-note",
    "task": "task: {template: brief, due: {business_days: 1}}",
    "branch": "branch: {when: {account.mrr: {$gte: 50}}, then: [{webhook: crm-note}], else: [{nudge: restart}]}",
    "late": "wait: {days: 1, until: {feature: export}, timeout: [{webhook: crm-note}]}",
    "set_trait": "set_trait: {trait: mrr, value: 9000}",
}
SILENT = ("wait", "late", "set_trait")
BRANCH = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5)
MOTIONS = st.lists(st.sampled_from(["strategic", "long_tail"]), min_size=4, max_size=4)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BRANCH, BRANCH, MOTIONS)
def test_no_automated_message_is_made_while_an_account_is_strategic(
    sqlite_template: Path, tail: list[str], strategic: list[str], motions: list[str]
) -> None:
    """Random branches, and an account whose motion changes from day to day."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.db"
        path.write_bytes(sqlite_template.read_bytes())
        engine = open_engine(f"sqlite:///{path}")
        try:
            _live(PlayRig(Database(engine), Path(folder) / "mailbox"), tail, strategic, motions)
        finally:
            engine.dispose()


def _live(rig: PlayRig, tail: list[str], strategic: list[str], motions: list[str]) -> None:
    rig.publish(plays__launch_overdue=OVERDUE.split("long_tail:")[0] + _branches(tail, strategic))
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    made: set[str] = set()
    for motion in motions:
        rig.sql("update account set traits = :t", t=f'{{"mrr": {9000 if motion == "strategic" else 100}}}')
        rig.touch()
        rig.drain()
        now = {row.id for row in rig.rows(Delivery)} | {f"{g.run_id}{g.nudge}" for g in rig.rows(NudgeGrant)}
        if motion == "strategic":
            assert now <= made, "something automated was made for a strategic account"
            assert not [
                row for row in rig.rows(Delivery) if row.state in ("pending", "sending") and row.claims
            ]
        made = now
        rig.clock.move(days=1, minutes=1)
    wants_person = motions[0] == "strategic" and any(step not in SILENT for step in strategic)
    if wants_person and strategic[0] not in SILENT:
        assert rig.rows(Task), f"work for a person was lost in {WORKSPACE}"
    assert fsck(rig.runtime) == []


def _branches(tail: list[str], strategic: list[str]) -> str:
    def branch(name: str, steps: list[str]) -> str:
        return f"{name}:\n" + "".join(f"  - {STEPS[step]}\n" for step in steps)

    return branch("long_tail", tail) + branch("strategic", strategic)
