"""However people send, edit, skip and reopen drafts, twice and at once: each leaves at most once, from one person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, USAGE_DROP, PlayRig
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.play_machine import Outcome
from waypost_server.services import tasks
from waypost_server.services.fsck import check as fsck
from waypost_server.services.message_drafts import save_draft, send_draft
from waypost_server.services.task_moves import By
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, MessageDraft, PlayRun

Fresh = Callable[[], AbstractContextManager[tuple[Database, Path]]]
PLAY = (
    USAGE_DROP.split("strategic:")[0]
    + """strategic:
  - email: {template: tips, to: {role: admin, limit: 2}}
  - wait: {hours: 1}
  - email: {template: tips, to: {role: admin, limit: 1}}
"""
)
PEOPLE = ("csm-1", "csm-2")


@dataclass(frozen=True)
class Deed:
    """What one person does to one of the drafts."""

    what: str
    person: str
    draft: int


DEEDS = st.builds(
    Deed,
    st.sampled_from(["send", "send", "edit", "skip", "reopen"]),
    st.sampled_from(PEOPLE),
    st.integers(0, 1),
)
ROUNDS = st.lists(
    st.tuples(st.lists(DEEDS, min_size=1, max_size=3), st.sampled_from([0, 10, 21, 4000])),
    min_size=2,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROUNDS)
def test_a_draft_leaves_at_most_once_and_from_one_person(
    fresh: Fresh, rounds: list[tuple[list[Deed], int]]
) -> None:
    """The deeds of a round happen at the same moment; then time passes, and workers work."""
    with fresh() as (database, folder):
        rig = _waiting(database, folder)
        with ThreadPoolExecutor(3) as people:
            for deeds, seconds in rounds:
                waiting = sorted(rig.rows(MessageDraft), key=lambda draft: draft.task_id)
                list(people.map(lambda deed: _do(rig, deed, waiting), deeds))  # noqa: B023  # done within the round
                rig.clock.move(seconds=seconds)
                rig.drain()
        for wait in (
            {"seconds": 21},
            *[{"days": 8}] * 3,
        ):  # what was sent leaves; either step waits a week for the rest
            rig.clock.move(**wait)
            rig.drain()
        _check(rig)


def _waiting(database: Database, folder: Path) -> PlayRig:
    """A strategic account with two admins, whose play wants to send three mails."""
    rig = PlayRig(database, folder / "mailbox")
    rig.publish(plays__usage_drop=PLAY)
    for person in PEOPLE:
        rig.add_csm(person)
    rig.add_account(mrr=STRATEGIC)
    rig.add_user("acme-second", "acme")
    rig.decay()
    rig.drain()
    assert len(rig.rows(MessageDraft)) == 2
    return rig


def _do(rig: PlayRig, deed: Deed, waiting: list[MessageDraft]) -> None:
    """One deed; that it comes too late, or twice, is said to the person and changes nothing."""
    task_id, by = waiting[deed.draft].task_id, By(deed.person)
    with suppress(BadInputError):
        if deed.what == "send":
            send_draft(rig.runtime, WORKSPACE, task_id, person=deed.person)
        elif deed.what == "edit":
            words = f"Words of {deed.person}"
            save_draft(rig.runtime, WORKSPACE, task_id, person=deed.person, subject=words, body=words)
        elif deed.what == "skip":
            tasks.dismiss(rig.runtime, WORKSPACE, task_id, by=by, reason="not now")
        else:
            tasks.reopen(rig.runtime, WORKSPACE, task_id, by=by)


def _check(rig: PlayRig) -> None:
    sent = [row for row in rig.rows(Delivery) if row.account_id and row.state == "sent"]
    for draft in rig.rows(MessageDraft):
        mine = [row for row in sent if row.task_id == draft.task_id]
        assert len(mine) <= 1, "a draft was delivered twice"
        assert [row.person for row in mine] == ([draft.person] if draft.state == "sent" else [])
    assert all(row.person in PEOPLE for row in sent), "a message left without a name"
    customers = [mail for mail in rig.mails() if mail["To"].endswith("@example.com")]
    assert len(customers) == len(sent)
    (run,) = rig.rows(PlayRun)
    assert run.state == "ended" and run.outcome in get_args(Outcome)
    assert fsck(rig.runtime) == []
