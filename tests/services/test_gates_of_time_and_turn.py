"""The gates that ask for the right time, the right turn and the person's own word, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import WORKSPACE, Clock
from tests.services.decide_rig import SETUP, add_rows, at, capped, make_nudge, make_rig
from tests.services.test_gates import offer, touch
from waypost_server.domain.definitions import Frequency, Goal, Hours, Journey, LearningPath, Limit, Schedule
from waypost_server.domain.nudge import Prerequisite
from waypost_server.domain.policy import QuietHours, SessionRule
from waypost_server.services.decide import Decision, Question, decide
from waypost_server.store.database import Database
from waypost_server.store.tables import Consent, EndUser, Interaction, MilestoneState

Found = tuple[str, dict[str, Any]] | None


def ask(runtime: Any, **changes: Any) -> Decision:
    plain = decide(runtime, WORKSPACE, Question("u1", "acme", **changes))
    told = decide(runtime, WORKSPACE, Question("u1", "acme", explain=True, **changes))
    assert (plain.keys, plain.feed_keys) == (told.keys, told.feed_keys)
    return told


def reason(told: Decision, key: str = "hello") -> Found:
    found = {each.key: each.held for each in told.held or ()}
    assert (key in (*told.keys, *told.feed_keys)) != (key in found)
    return (found[key].reason, found[key].detail) if key in found else None


def reacted(nudge: str, reaction: str, day: int) -> Interaction:
    return Interaction(
        workspace_id=WORKSPACE, id=f"{nudge}-{reaction}", offer_id=f"of-{nudge}", account_id="acme", user_id="u1",
        nudge=nudge, reaction=reaction, at=at(day), detail={},
    )  # fmt: skip


def said(allowed: bool, day: int = 20, **changes: Any) -> Consent:
    values = {"channel": "in_app", "topic": "", "message_id": "m", "trust": "server", **changes}
    return Consent(workspace_id=WORKSPACE, user_id="u1", allowed=allowed, at=at(day), **values)


@pytest.mark.parametrize(
    ("schedule", "hour", "open_now"),
    [
        (Schedule(days=(1,)), 10, True),  # the 23rd of November 2026 is a Monday
        (Schedule(days=(2, 3)), 10, False),
        (Schedule(hours=Hours("09:00", "17:00")), 9, True),
        (Schedule(hours=Hours("09:00", "17:00")), 17, False),
        (Schedule(hours=Hours("22:00", "02:00")), 1, True),
        (Schedule(hours=Hours("22:00", "02:00")), 2, False),
        (Schedule(days=(7,), hours=Hours("22:00", "02:00")), 1, True),  # Sunday's night goes on
        (Schedule(days=(1,), hours=Hours("22:00", "02:00")), 1, False),
    ],
)
def test_days_and_hours(database: Database, schedule: Schedule, hour: int, open_now: bool) -> None:
    """A nudge rests outside its days and hours; after midnight a night still belongs to the evening before."""
    runtime, _ = make_rig(database, make_nudge(schedule=schedule), clock=Clock(at(23, hour)))
    found = reason(ask(runtime))
    assert found is None if open_now else found is not None and found[0] == "off_hours"


def test_hours_of_the_persons_own_zone(database: Database) -> None:
    """With `zone: user` the person's clock counts, and the numbers say which time it was there."""
    schedule = Schedule(hours=Hours("18:00", "20:00"), zone="user", starts_on="2026-11-23")
    runtime, _ = make_rig(database, make_nudge(schedule=schedule))
    assert reason(ask(runtime)) == (
        "off_hours",
        {"days": [], "hours": {"start": "18:00", "end": "20:00"}, "zone": "user", "local_day": "mon",
         "local_time": "10:00"},
    )  # fmt: skip
    with database.write() as session:
        session.get_one(EndUser, (WORKSPACE, "u1")).timezone = "Asia/Tokyo"
    assert reason(ask(runtime)) is None


def test_a_prerequisite_in_its_state_and_for_long_enough(database: Database) -> None:
    """Held until the other nudge was clicked and two days have passed since."""
    clock = Clock()
    nudge = make_nudge(requires=(Prerequisite("intro", "clicked", 2),))
    runtime, _ = make_rig(database, nudge, make_nudge("intro"), clock=clock)
    add_rows(database, [reacted("intro", "shown", 22)])
    assert reason(ask(runtime)) == (
        "prerequisite",
        {"requires": [{"nudge": "intro", "state": "clicked", "after_days": 2, "since": None, "free_at": None,
                       "met": False}]},
    )  # fmt: skip
    add_rows(database, [reacted("intro", "clicked", 22)])
    found = reason(ask(runtime))
    assert found is not None and found[1]["requires"][0]["free_at"] == "2026-11-24T10:00:00Z"
    clock.move(days=1)
    assert reason(ask(runtime)) is None


def walk(database: Database, **changes: Any) -> tuple[Any, Clock]:
    clock = Clock()
    path = LearningPath("basics", "Basics", ("one", "two", "three"), roles=changes.pop("roles", ()))
    nudges = [make_nudge("one", goal=Goal(milestone="setup")), make_nudge("two"), make_nudge("three")]
    journey = Journey(milestones=(SETUP,), paths=(path,))
    return make_rig(database, *nudges, clock=clock, journey=journey, **changes)[0], clock


def test_a_path_opens_one_step_at_a_time(database: Database) -> None:
    """The first step is shown, the others wait for it, and a step whose goal is met is passed over."""
    runtime, _ = walk(database)
    told = ask(runtime)
    assert told.keys == ("one",)
    assert reason(told, "three") == (
        "path",
        {"paths": ["basics"], "path": "basics", "step": 3, "waits_for": "one", "because": "earlier"},
    )
    state = MilestoneState(
        workspace_id=WORKSPACE, account_id="acme", user_id="u1", milestone="setup", done=2, total=2,
        steps={"open": "2026-11-20T10:00:00Z", "run": "2026-11-21T10:00:00Z"}, reached_at=at(21),
    )  # fmt: skip
    add_rows(database, [state])
    assert ask(runtime).keys == ("two",)
    add_rows(database, [reacted("two", "completed", 22)])
    assert "three" in ask(runtime).keys


def test_a_step_that_only_rests_is_still_ahead(database: Database) -> None:
    """A snoozed first step keeps the second waiting; one that was refused for good does not."""
    runtime, _ = walk(database)
    row = offer(nudge="one", reaction="snoozed", snoozed_until=at(25))
    add_rows(database, [row])
    told = ask(runtime)
    assert told.keys == () and reason(told, "two") is not None
    with database.write() as session:
        stored = session.merge(offer(nudge="one"))
        stored.reaction, stored.snoozed_until = "never_again", None
    assert ask(runtime).keys == ("two",)


def test_an_open_step_keeps_the_others_of_its_path_back(database: Database) -> None:
    """While a later step is on another screen, an earlier one waits too."""
    runtime, _ = walk(database)
    still_open = offer(
        nudge="three", state="shown", claimed_at=at(23, 9), shown_at=at(23, 10), closed_at=None, reaction=None
    )
    add_rows(database, [still_open])
    found = reason(ask(runtime), "one")
    assert found is not None and (found[0], found[1]["waits_for"], found[1]["because"]) == (
        "path",
        "three",
        "open",
    )


def test_a_path_for_other_roles_orders_nothing(database: Database) -> None:
    """Whoever does not walk the path sees each of its nudges on its own."""
    runtime, _ = walk(database, roles=("viewer",))
    assert set(ask(runtime).keys) == {"one", "two", "three"}


def test_everybody_in_the_standing_holdout_gets_nothing(database: Database) -> None:
    """The account's share is the same for every nudge."""
    policy = replace(capped(), holdout_percent=100)
    runtime, _ = make_rig(database, make_nudge(), make_nudge("other"), policy=policy)
    told = ask(runtime)
    (first, second) = (reason(told), reason(told, "other"))
    assert first == second and first is not None
    assert (first[0], first[1]["percent"], first[1]["unit"]) == ("standing_holdout", 100, "account")


def test_nothing_in_the_first_minute_of_a_session(database: Database) -> None:
    """Held until the session is a minute old; whose session nobody knows is not held."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock, policy=capped(session=SessionRule(max=None)))
    started = clock() - timedelta(seconds=59)
    assert reason(ask(runtime, session_started_at=started)) == (
        "session_start",
        {"started_at": "2026-11-23T09:59:01Z", "settle_seconds": 60, "free_at": "2026-11-23T10:00:01Z"},
    )
    assert reason(ask(runtime)) is None
    assert reason(ask(runtime, session_started_at=clock() - timedelta(seconds=60))) is None


def test_one_interruption_a_session(database: Database) -> None:
    """A tooltip of this session holds the next one and a survey, but no banner; a new session is free again."""
    nudges = (make_nudge(), make_nudge("ask", surface="survey"), make_nudge("strip", surface="banner"))
    runtime, _ = make_rig(database, *nudges, policy=capped(session=SessionRule(max=1, settle_seconds=0)))
    add_rows(database, [touch(1, at(23, 8), channel="in_app", kind="interrupting"), touch(2, at(23, 9))])
    told = ask(runtime, session_started_at=at(23, 7))
    assert told.keys == ("strip",)
    found = reason(told)
    assert found is not None and found[0] == "budget"
    assert (found[1]["limit"], found[1]["used"], found[1]["max"]) == ("session", 1, 1)
    assert set(ask(runtime, session_started_at=at(23, 9)).keys) == {"hello", "ask", "strip"}
    assert set(ask(runtime).keys) == {"hello", "ask", "strip"}


def test_without_a_session_the_last_half_hour_stands_for_it(database: Database) -> None:
    """Callers that know no session still interrupt once in 30 minutes."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock, policy=capped(session=SessionRule(max=1)))
    add_rows(database, [touch(1, clock() - timedelta(minutes=29), channel="in_app", kind="interrupting")])
    assert reason(ask(runtime)) is not None
    clock.move(minutes=2)
    assert reason(ask(runtime)) is None


@pytest.mark.parametrize(("in_app", "surface", "held"), [
    (True, "modal", True), (True, "survey", True), (True, "banner", False), (False, "modal", False),
])  # fmt: skip
def test_quiet_hours_hold_interruptions_if_the_policy_says_so(
    database: Database, in_app: bool, surface: str, held: bool
) -> None:
    """At night, on the person's clock, only what does not interrupt is shown."""
    policy = replace(capped(), quiet_hours=QuietHours(in_app=in_app))
    runtime, _ = make_rig(database, make_nudge(surface=surface), clock=Clock(at(23, 21)), policy=policy)
    found = reason(ask(runtime))
    assert (found is not None) == held
    if found is not None:
        assert (found[0], found[1]["until"]) == ("quiet_hours", "2026-11-24T08:00:00Z")


@pytest.mark.parametrize(
    ("answers", "held"),
    [
        ([said(False)], True),
        ([said(True)], False),
        ([said(False, channel="all")], True),
        ([said(False, channel="email")], False),
        ([said(False, topic="survey")], False),
        ([said(False, topic="tooltip")], True),
        ([said(False, topic="hello")], True),
        ([said(False, 20, channel="all"), said(True, 21)], False),
        ([said(True, 20, channel="all"), said(False, 21)], True),
        ([said(False, 20), said(True, 20, channel="all")], True),  # at the same moment, the "no" counts
    ],
)
def test_consent(database: Database, answers: list[Consent], held: bool) -> None:
    """A "no" to everything, to the surface or to the nudge holds it; per topic the newest answer counts."""
    runtime, _ = make_rig(database)
    rows = [Consent(**{c.name: getattr(each, c.name) for c in each.__table__.columns}) for each in answers]
    add_rows(database, rows)
    found = reason(ask(runtime))
    assert (found is not None) == held
    if found is not None:
        assert (found[0], found[1]["channel"]) == ("consent", "in_app") and len(found[1]["denied"]) == 1


def test_the_feed_is_not_rationed(database: Database) -> None:
    """Announcements ignore frequency, budget, session and night; the audience and a "no" still count."""
    from waypost_server.domain.surfaces import Announcement

    policy = replace(
        capped(min_gap_seconds=86_400), session=SessionRule(max=0), quiet_hours=QuietHours(in_app=True)
    )
    news = make_nudge(surface="announcement", announcement=Announcement("2026-11-20"),
                      frequency=Frequency(limits=(Limit(1),)))  # fmt: skip
    runtime, _ = make_rig(database, news, policy=policy, clock=Clock(datetime(2026, 11, 23, 23, tzinfo=UTC)))
    add_rows(database, [offer(), touch(1, at(23, 22))])
    assert reason(ask(runtime)) is None
    add_rows(database, [said(False, topic="announcement")])
    found = reason(ask(runtime))
    assert found is not None and found[0] == "consent"
