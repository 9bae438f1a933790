"""Scores of adoption on both databases: this week's, the weeks before, and those of an earlier meaning."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.builders import WORKSPACE
from tests.services.play_rig import FILES, PlayRig
from waypost_server.domain.events import Envelope
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.publish import publish
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, AdoptionScore, Membership

WEEKLY = """
version: 1
segments:
  default:
    behaviours:
      - {key: weekly, title: Launches every week, feature: launch, weeks_active: 3, weeks: 4, weight: 3}
      - {key: exports, title: Analysts export, feature: export, count: 2, role: [analyst], share_of_users: 0.5}
"""
LATER = WEEKLY.replace("version: 1", "version: 2").replace("weeks_active: 3", "weeks_active: 2")


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    publish(rig.runtime, WORKSPACE, {**FILES, "adoption.yaml": WEEKLY}, author="tests")
    return rig


def add(rig: PlayRig, account_id: str = "acme", weeks: int = 8) -> date:
    """An account of an admin who launches every Monday for `weeks` weeks, until this one; its first day."""
    first = rig.monday() - timedelta(weeks=weeks - 1)
    rig.add_account(account_id, first_day=first)
    rig.add_user(f"{account_id}-analyst", account_id, role="analyst")
    with rig.database.write() as session:
        session.execute(update(Membership).values(first_day=first))
    rig.use(account_id, [first + timedelta(weeks=week) for week in range(weeks)])
    return first


def scores(rig: PlayRig, version: int) -> list[tuple[str, float]]:
    found = [each for each in rig.rows(AdoptionScore) if each.version == version]
    return [(each.state, each.score) for each in sorted(found, key=lambda each: each.week)]


def test_every_week_of_an_account_is_scored_as_it_was_then(rig: PlayRig) -> None:
    """Three active weeks are reached in the third; the share of analysts never. The account shows the newest."""
    add(rig)
    rig.drain()
    assert scores(rig, 1) == [("not", 0.0)] * 2 + [("partial", 0.6)] * 6
    (account,) = rig.rows(Account)
    assert (account.adoption, account.adoption_score, account.unmet_behaviours) == ("partial", 0.6, 1)
    assert account.next_step == "Launch it"
    newest = max(rig.rows(AdoptionScore), key=lambda each: each.week)
    assert [each["words"] for each in newest.findings] == ["3 of 3 weeks", "0 of 1 people, 50 % wanted"]


def test_a_new_meaning_scores_history_again_and_keeps_the_old_scores(rig: PlayRig) -> None:
    """Publishing makes every account due; both versions stand side by side afterwards."""
    add(rig)
    rig.drain()
    before = scores(rig, 1)
    publish(rig.runtime, WORKSPACE, {**FILES, "adoption.yaml": LATER}, author="tests")
    rig.clock.move(seconds=2)
    rig.drain()
    assert scores(rig, 1) == before
    assert scores(rig, 2) == [("not", 0.0)] + [("partial", 0.6)] * 7


def test_looking_again_changes_only_this_week(rig: PlayRig) -> None:
    """A use more moves this week's score; the weeks before are not read again."""
    add(rig)
    rig.drain()
    rig.use("acme", [rig.monday()], feature="export", user="acme-analyst")
    rig.use("acme", [rig.clock.now.date() - timedelta(days=1)], feature="export", user="acme-analyst")
    with rig.database.write() as session:
        session.execute(update(Account).values(touched=Account.touched + 1))
    rig.drain()
    assert scores(rig, 1)[-1] == ("adopted", 1.0)
    assert scores(rig, 1)[:-1] == [("not", 0.0)] * 2 + [("partial", 0.6)] * 5


def test_without_a_definition_nothing_is_scored(database: Database, tmp_path: Path) -> None:
    """The account says nothing rather than something untrue."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    add(rig)
    rig.drain()
    assert rig.rows(AdoptionScore) == []
    (account,) = rig.rows(Account)
    assert (account.adoption, account.adoption_score) == (None, None)


def test_a_motion_may_follow_from_adoption(rig: PlayRig) -> None:
    """As of the latest look; what the product reports meanwhile leaves it as it is."""
    catalog = FILES["catalog.yaml"].replace("{account.mrr: {$gte: 4000}}", "{account.adoption: partial}")
    publish(
        rig.runtime, WORKSPACE, {**FILES, "catalog.yaml": catalog, "adoption.yaml": WEEKLY}, author="tests"
    )
    add(rig)
    rig.drain()
    rig.touch()
    rig.drain()
    assert [each.motion for each in rig.rows(Account)] == ["strategic"]
    said = {"type": "group", "groupId": "acme", "traits": {"plan": "growth"}, "messageId": "g"}
    ingest(
        rig.runtime, Sender(WORKSPACE, "server"), [{**said, "userId": "acme-admin"}], Envelope(rig.clock.now)
    )
    assert [(each.motion, each.traits["plan"]) for each in rig.rows(Account)] == [("strategic", "growth")]
