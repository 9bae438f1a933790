"""Who looks after an account: named by a person, else by the trait `csm`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, USAGE_DROP, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.account_owner import set_owner, withdraw_owner
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, AccountOwner, Audit, PastValue, Task, TaskEvent


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    made = PlayRig(database, tmp_path / "mailbox")
    made.publish()
    for each in ("csm-1", "csm-2"):
        made.add_csm(each)
    made.add_account(mrr=STRATEGIC, owner="csm-1", traits={"mrr": STRATEGIC, "csm": "csm-1@acme.example"})
    return made


def test_new_tasks_go_to_the_named_owner_and_open_ones_go_along(rig: PlayRig) -> None:
    """What was made for the owner before is handed over with a line of history; the signal's task is theirs too."""
    rig.decay()
    rig.drain()
    (task,) = rig.rows(Task)
    assert task.owner == "csm-1"
    handed = set_owner(
        rig.runtime, WORKSPACE, "acme", "CSM-2@acme.example", person="csm-1", reason="on leave"
    )
    assert (handed.owner, handed.tasks) == ("csm-2", 1)
    (task,) = rig.rows(Task)
    assert task.owner == "csm-2"
    assert "reassigned" in {each.kind for each in rig.rows(TaskEvent)}
    (said,) = rig.rows(AccountOwner)
    assert (said.owner, said.by_trait, said.reason, said.person) == ("csm-2", False, "on leave", "csm-1")
    (was,) = [each for each in rig.rows(PastValue) if each.field == "owner"]
    assert was.before == {"value": "csm-1"}
    assert "owner.set" in {each.action for each in rig.rows(Audit)}


def test_the_trait_decides_again_when_the_word_is_taken_back(rig: PlayRig) -> None:
    """Named by hand, the account keeps its owner whatever the trait says; withdrawn, the trait's counts at once."""
    set_owner(rig.runtime, WORKSPACE, "acme", "csm-2", person="csm-1")
    assert withdraw_owner(rig.runtime, WORKSPACE, "acme", person="csm-2").owner == "csm-1"
    (account,) = rig.rows(Account)
    assert (account.owner, account.owner_set) == ("csm-1", None)
    assert [each.by_trait for each in rig.rows(AccountOwner)] == [False, True]
    with pytest.raises(ConflictError):
        withdraw_owner(rig.runtime, WORKSPACE, "acme", person="csm-2")


def test_what_cannot_be_is_refused_and_changes_nothing(rig: PlayRig) -> None:
    """No such account, nobody of that name, and somebody who was shut out."""
    with pytest.raises(NotFoundError):
        set_owner(rig.runtime, WORKSPACE, "globex", "csm-2", person="csm-1")
    rig.sql("update console_user set disabled_at = created_at where id = 'csm-2'")
    for owner in ("nobody", "", "csm-2"):
        with pytest.raises(BadInputError):
            set_owner(rig.runtime, WORKSPACE, "acme", owner, person="csm-1")
    (account,) = rig.rows(Account)
    assert (account.owner, account.owner_set, rig.rows(AccountOwner)) == ("csm-1", None, [])


def test_a_task_says_what_its_play_suggests_and_else_the_next_best_step(
    database: Database, tmp_path: Path
) -> None:
    """The author's own words come first."""
    rig = PlayRig(database, tmp_path / "mailbox")
    brief = "task: {template: brief, due: {business_days: 2}, mute_digital: true"
    rig.publish(plays__usage_drop=USAGE_DROP.replace(brief, f"{brief}, next_step: Offer a half-hour call"))
    rig.add_account(mrr=STRATEGIC, next_step="Add a trigger")
    rig.add_account("globex", mrr=STRATEGIC, next_step="Add a trigger", first_day=rig.monday())
    rig.decay()
    rig.drain()
    found = {each.account_id: each.next_step for each in rig.rows(Task)}
    assert found["acme"] == "Offer a half-hour call"
