"""Who is away gets no new task; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, PlayRig
from waypost_server.domain.absence import away_words
from waypost_server.domain.local_day import spoken, zone_of
from waypost_server.services.choose_owner import choose_owner
from waypost_server.services.person_settings import set_away
from waypost_server.store.database import Database
from waypost_server.store.tables import Task, TaskEvent


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Two CSMs; every account belongs to the first."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_csm("csm-1")
    rig.add_csm("csm-2")
    return rig


def away(rig: PlayRig, person: str, days: int | None) -> None:
    back = None if days is None else rig.clock.now.date() + timedelta(days=days)
    set_away(rig.runtime, WORKSPACE, person, back, actor=person)


def give(rig: PlayRig, account: str) -> Task:
    rig.add_account(account, mrr=STRATEGIC, owner="csm-1")
    rig.decay(account)
    rig.drain()
    (found,) = [each for each in rig.rows(Task) if each.account_id == account]
    return found


def first_line(rig: PlayRig, task: Task) -> str:
    (note,) = [row.note for row in rig.rows(TaskEvent) if row.task_id == task.id and row.kind == "created"]
    return note


def test_a_new_task_of_somebody_away_goes_to_who_has_least_and_says_why(rig: PlayRig) -> None:
    """The tasks they have stay theirs; from their first day back new ones come to them again."""
    assert give(rig, "acme").owner == "csm-1"
    away(rig, "csm-1", 7)
    back = spoken(rig.clock.now.date() + timedelta(days=7), rig.clock.now.date())
    passed_on = give(rig, "beta")
    assert (passed_on.owner, first_line(rig, passed_on)) == ("csm-2", f"Robin is away until {back}.")
    assert {each.owner for each in rig.rows(Task) if each.account_id == "acme"} == {"csm-1"}
    rig.clock.move(days=7)
    returned = give(rig, "gamma")
    assert (returned.owner, first_line(rig, returned)) == ("csm-1", "")


def test_a_task_has_no_owner_when_everybody_is_away(rig: PlayRig) -> None:
    """It waits in the team's queue instead of with somebody who does not see it."""
    away(rig, "csm-1", 7)
    away(rig, "csm-2", 3)
    assert give(rig, "acme").owner is None


def test_nothing_goes_by_load_to_somebody_away(rig: PlayRig) -> None:
    """The one with the fewest tasks is passed over while they are away; a day that is past changes nothing."""
    for days, chosen in ((7, "csm-2"), (0, "csm-1"), (-3, "csm-1"), (None, "csm-1")):
        away(rig, "csm-1", days)
        with rig.database.read() as session:
            owner, words = choose_owner(session, WORKSPACE, None, now=rig.clock.now, zone=UTC)
            assert owner is not None and (owner.id, words) == (chosen, "")


def test_the_first_day_back_begins_in_their_own_zone() -> None:
    """At 23:30 UTC it is the next day in Berlin, and not yet in New York."""
    now = datetime(2026, 12, 6, 23, 30, tzinfo=UTC)
    back = datetime(2026, 12, 7, tzinfo=UTC).date()
    assert away_words(back, now, zone_of("Europe/Berlin")) == ""
    assert away_words(back, now, zone_of("America/New_York")) == "away until Dec 7"
    assert away_words(None, now, UTC) == ""
