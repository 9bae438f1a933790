"""A person's word about how an account is served: at once, for a while, and told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import LONG_TAIL, STRATEGIC, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.fsck import check as fsck
from waypost_server.services.motion import Word, set_motion, withdraw_motion
from waypost_server.services.recover import recover
from waypost_server.store import past_values
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Audit, Delivery, MotionOverride, PlayRun


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    made = PlayRig(database, tmp_path / "mailbox")
    made.publish()
    made.add_csm()
    return made


def say(rig: PlayRig, motion: str = "strategic", *, days: float = 30, **changes: str) -> MotionOverride:
    until = rig.clock.now + timedelta(days=days)
    given = {"reason": "they are deciding on the renewal", "person": "csm-1", **changes}
    return set_motion(rig.runtime, WORKSPACE, "acme", Word(motion, until, **given))


def motion(rig: PlayRig) -> str | None:
    (account,) = rig.rows(Account)
    found: str | None = account.motion
    return found


def test_it_counts_before_the_rule_and_is_over_by_itself(rig: PlayRig) -> None:
    """Evaluations in between leave it alone; the sweep after its end brings the rule back."""
    rig.add_account(mrr=LONG_TAIL)
    rig.drain()
    say(rig)
    assert motion(rig) == "strategic"
    rig.touch()
    rig.drain()
    assert motion(rig) == "strategic"
    rig.clock.move(days=30, minutes=1)
    recover(rig.runtime)
    recover(rig.runtime)
    assert motion(rig) == "long_tail"
    (word,) = rig.rows(MotionOverride)
    assert (word.ended, word.ended_by) == ("expired", None)
    told = [(row.actor, row.action) for row in rig.rows(Audit) if row.object == "account:acme"]
    assert sorted(told) == [("csm-1", "motion.set"), ("waypost", "motion.expired")]


def test_a_run_that_waits_ends_at_once_and_nothing_more_is_sent(rig: PlayRig) -> None:
    """Software stops speaking the moment a person says so."""
    rig.add_account()
    rig.decay()
    rig.drain()
    sent = len(rig.mails())
    say(rig)
    rig.drain()
    (run,) = rig.rows(PlayRun)
    assert run.outcome == "motion_changed"
    rig.clock.move(days=20)
    rig.drain()
    assert len(rig.mails()) == sent
    assert {row.state for row in rig.rows(Delivery)} <= {"sent", "cancelled"}
    assert fsck(rig.runtime) == []


def test_an_evaluation_under_way_does_not_undo_it(rig: PlayRig) -> None:
    """The worker that judged the account by the rule finds its claim gone."""
    rig.add_account()

    def meanwhile(point: str) -> None:
        if point == "evaluate.claimed":
            object.__setattr__(rig.runtime, "fault", lambda _point: None)
            say(rig)

    object.__setattr__(rig.runtime, "fault", meanwhile)
    evaluate_due(rig.runtime, WORKSPACE)
    assert motion(rig) == "strategic"
    rig.drain()
    assert motion(rig) == "strategic"


def test_the_newer_word_replaces_the_older_and_withdrawing_brings_the_rule(rig: PlayRig) -> None:
    """A strategic account can be served digitally for a while; the history keeps every word."""
    rig.add_account(mrr=STRATEGIC)
    rig.drain()
    say(rig, "long_tail")
    rig.clock.move(minutes=1)
    say(rig, "long_tail", reason="a month more")
    assert motion(rig) == "long_tail"
    assert withdraw_motion(rig.runtime, WORKSPACE, "acme", person="csm-1") == "strategic"
    assert motion(rig) == "strategic"
    assert [row.ended for row in sorted(rig.rows(MotionOverride), key=lambda row: row.set_at)] == [
        "replaced",
        "withdrawn",
    ]
    with pytest.raises(ConflictError, match="rule"):
        withdraw_motion(rig.runtime, WORKSPACE, "acme", person="csm-1")


def test_what_it_was_before_stays_known(rig: PlayRig) -> None:
    """A question about yesterday reads yesterday's motion."""
    rig.add_account()
    rig.drain()
    rig.clock.move(hours=1)
    before = rig.clock.now
    rig.clock.move(hours=1)
    say(rig)
    with rig.database.read() as session:
        then = past_values.as_of(session, WORKSPACE, "acme", before)
    assert then[("account:acme", "motion")] == "long_tail"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"reason": " "}, BadInputError, "Say in a few words"),
        ({"motion": "royal"}, BadInputError, "There are: strategic, long_tail"),
        ({"days": -1}, BadInputError, "in the future"),
        ({"days": 400}, BadInputError, "within a year"),
        ({"person": "nobody"}, BadInputError, "no access"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    rig: PlayRig, changes: dict[str, str], error: type[Exception], words: str
) -> None:
    """Each refusal says what to do instead, and changes nothing."""
    rig.add_account()
    with pytest.raises(error, match=words):
        say(rig, **changes)  # type: ignore[arg-type]
    assert rig.rows(MotionOverride) == []


def test_an_account_nobody_has_cannot_be_served(rig: PlayRig) -> None:
    """The error is the usual one."""
    with pytest.raises(NotFoundError):
        say(rig)
