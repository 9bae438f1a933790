"""Every gate holds for its stated reason, with its numbers, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from tests.builders import WORKSPACE, Clock
from tests.services.decide_rig import add_person, add_rows, at, capped, make_nudge, make_rig
from waypost_server.domain.definitions import Cap, Content, Frequency, Goal, Limit, Nudge, Schedule
from waypost_server.domain.surfaces import Checklist, ChecklistItem, PieceWords, Tour, TourStep
from waypost_server.services.decide import Question, decide
from waypost_server.store.database import Database
from waypost_server.store.tables import (
    Account,
    MilestoneState,
    NudgeGrant,
    Offer,
    Task,
    Touch,
    UsageDay,
    UsageTotal,
)

FREE = Frequency(limits=(Limit(max=100),), cooldown_days=0)


def held(database: Database, nudge: Nudge, *rows: Any, **changes: Any) -> tuple[str, dict[str, Any]] | None:
    """(reason, numbers) for u1 in acme, or None when the nudge is eligible."""
    runtime, _ = make_rig(database, nudge, **changes)
    add_rows(database, rows)
    plain = decide(runtime, WORKSPACE, Question("u1", "acme"))
    found = decide(runtime, WORKSPACE, Question("u1", "acme", explain=True))
    assert plain.keys == found.keys and found.held is not None
    if found.keys:
        return None
    return found.held[0].held.reason, found.held[0].held.detail


def offer(number: int = 1, day: int = 20, **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "workspace_id": WORKSPACE, "id": f"o{number}", "account_id": "acme", "user_id": "u1", "nudge": "hello",
        "release": 1, "kind": "interrupting", "state": "closed", "claim_id": f"c{number}", "claimed_at": at(day),
        "shown_at": at(day), "closed_at": at(day), "reaction": "clicked",
    }  # fmt: skip
    return Offer(**{**values, **changes})


def touch(number: int, when: datetime, **changes: Any) -> Touch:
    values: dict[str, Any] = {
        "workspace_id": WORKSPACE, "id": f"contact:{number}", "account_id": "acme", "user_id": "u1",
        "channel": "email", "kind": "passive", "at": when,
    }  # fmt: skip
    return Touch(**{**values, **changes})


def grant(**changes: Any) -> NudgeGrant:
    values: dict[str, Any] = {
        "workspace_id": WORKSPACE, "account_id": "acme", "nudge": "hello", "run_id": "run-1", "roles": None,
        "until": at(24),
    }  # fmt: skip
    return NudgeGrant(**{**values, **changes})


def test_a_nudge_for_everybody_is_eligible(database: Database) -> None:
    """Nothing holds it."""
    assert held(database, make_nudge()) is None


def test_schedule(database: Database) -> None:
    """Before its first day a nudge has not started."""
    reason, numbers = held(
        database, make_nudge(schedule=Schedule(starts_on="2026-11-24", ends_on="2026-11-30"))
    )  # type: ignore[misc]
    assert reason == "not_started"
    assert numbers == {"starts_on": "2026-11-24", "ends_on": "2026-11-30", "today": "2026-11-23"}


def test_paused(database: Database) -> None:
    """What its author has switched off is held for everybody."""
    assert held(database, make_nudge(is_paused=True)) == ("paused", {"status": "paused"})


def test_ended(database: Database) -> None:
    """After its last day a nudge has ended; on the day itself it has not."""
    assert (
        held(database, make_nudge(schedule=Schedule(starts_on="2026-11-01", ends_on="2026-11-22")))[0]
        == "ended"
    )  # type: ignore[index]


def test_the_last_day_still_counts(database: Database) -> None:
    """On its first and last day the nudge runs."""
    assert held(database, make_nudge(schedule=Schedule(starts_on="2026-11-23", ends_on="2026-11-23"))) is None


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no_grant"),
        ([grant(until=at(23, 9))], "no_grant"),
        ([grant(roles=["viewer"])], "no_grant"),
        ([grant(roles=["admin"])], None),
        ([grant()], None),
    ],
)
def test_play_nudges_need_an_open_grant_for_the_role(
    database: Database, rows: list[Any], reason: str | None
) -> None:
    """A nudge of a play waits for a grant that is open and names the person's role."""
    copies = [NudgeGrant(**{c.name: getattr(row, c.name) for c in row.__table__.columns}) for row in rows]
    found = held(database, make_nudge(from_play=True), *copies)
    assert (found and found[0]) == reason


def test_audience_names_the_failed_comparisons(database: Database) -> None:
    """The reason carries each comparison that failed, with the value seen."""
    nudge = make_nudge(audience={"user.role": "viewer", "account.plan": "growth"})
    reason, numbers = held(database, nudge)  # type: ignore[misc]
    assert (reason, numbers["leaves"]) == ("audience", 2)
    assert [(leaf["path"], leaf["seen"]) for leaf in numbers["failed"]] == [("user.role", "admin")]


def test_a_reached_milestone_stops(database: Database) -> None:
    """The goal of a nudge is reached once its milestone is."""
    state = MilestoneState(
        workspace_id=WORKSPACE, account_id="acme", user_id="u1", milestone="setup", done=2, total=2,
        steps={"open": "2026-11-20T10:00:00Z", "run": "2026-11-21T10:00:00Z"}, reached_at=at(21),
    )  # fmt: skip
    reason, numbers = held(database, make_nudge(goal=Goal(milestone="setup")), state)  # type: ignore[misc]
    assert reason == "goal_reached"
    assert numbers == {"milestone": "setup", "until_goal": True, "progress": 1.0}


def usage(total: int) -> UsageTotal:
    return UsageTotal(
        workspace_id=WORKSPACE, account_id="acme", user_id="u1", feature="reports", first_at=at(1),
        last_at=at(22), total=total,
    )  # fmt: skip


def test_a_counted_goal_starts_at_the_first_offer(database: Database) -> None:
    """Uses before the nudge was first shown do not reach its goal; enough uses since do."""
    nudge = make_nudge(goal=Goal(feature="reports", count=3))
    assert held(database, nudge, offer(goal_base=10), usage(12)) is None
    with database.write() as session:
        session.merge(usage(13))
    runtime, _ = _again(database, nudge)
    found = decide(runtime, WORKSPACE, Question("u1", "acme", explain=True)).held
    assert found is not None and found[0].held.reason == "goal_reached"
    assert (found[0].held.detail["done"], found[0].held.detail["wanted"]) == (3, 3)


def _again(database: Database, nudge: Nudge) -> Any:
    from tests.builders import make_runtime
    from tests.services.decide_rig import FixedReleases, make_definitions

    releases = FixedReleases()
    releases.put(make_definitions(nudge))
    return make_runtime(database, releases=releases), releases


def test_a_goal_in_weeks_counts_weeks_since_the_first_offer(database: Database) -> None:
    """Two active weeks since the first offer reach a goal of two; the weeks before do not count."""
    subject = {"workspace_id": WORKSPACE, "account_id": "acme", "user_id": "u1"}
    days = [UsageDay(**subject, feature="reports", day=at(day).date(), count=1) for day in (2, 9, 16, 20, 23)]
    nudge = make_nudge(goal=Goal(feature="reports", weeks_active=2))
    reason, numbers = held(database, nudge, offer(day=15), *days)  # type: ignore[misc]
    assert (reason, numbers["done"], numbers["wanted"]) == ("goal_reached", 2, 2)


def test_weeks_since_the_first_offer_are_weeks_of_the_workspace(database: Database) -> None:
    """A Sunday evening in UTC is a Monday in Auckland: what was done on the Sunday there was done before."""
    began = at(15, 21)
    first = offer(claimed_at=began, shown_at=began, closed_at=began)
    subject = {"workspace_id": WORKSPACE, "account_id": "acme", "user_id": "u1"}
    days = [UsageDay(**subject, feature="reports", day=at(day).date(), count=1) for day in (15, 16)]
    runtime, releases = make_rig(database, make_nudge(goal=Goal(feature="reports", weeks_active=2)))
    releases.zone = ZoneInfo("Pacific/Auckland")
    add_rows(database, [first, *days])
    assert decide(runtime, WORKSPACE, Question("u1", "acme")).keys == ("hello",)


def test_never_again_is_for_ever(database: Database) -> None:
    """Who said never again is not asked again."""
    reason, numbers = held(database, make_nudge(), offer(reaction="never_again"))  # type: ignore[misc]
    assert (reason, numbers) == ("never_again", {"never_again": True})


def test_dismissed_twice_stops(database: Database) -> None:
    """Two dismissals stop a nudge; one does not."""
    reason, numbers = held(  # type: ignore[misc]
        database, make_nudge(), offer(1, 10, reaction="dismissed"), offer(2, 15, reaction="dismissed")
    )
    assert (reason, numbers) == ("dismissed_twice", {"dismissed": 2, "stops_at": 2})


def test_snoozed_until_the_time_asked_for(database: Database) -> None:
    """A snooze holds until its end."""
    reason, numbers = held(database, make_nudge(), offer(reaction="snoozed", snoozed_until=at(24)))  # type: ignore[misc]
    assert (reason, numbers) == ("snoozed", {"until": "2026-11-24T10:00:00Z"})


def test_an_open_offer_is_claimed_elsewhere(database: Database) -> None:
    """A nudge on a screen right now is not offered to another one."""
    still_open = offer(
        state="shown", claimed_at=at(23, 9), shown_at=at(23, 10), closed_at=None, reaction=None
    )
    reason, numbers = held(database, make_nudge(), still_open)  # type: ignore[misc]
    assert (reason, numbers) == ("claimed_elsewhere", {"open": 1, "until": "2026-11-23T11:00:00Z"})


def test_frequency_by_limit(database: Database) -> None:
    """Every limit must hold: one a week, two ever."""
    nudge = make_nudge(frequency=Frequency(limits=(Limit(1, 7), Limit(2)), cooldown_days=0))
    reason, numbers = held(database, nudge, offer(1, 20))  # type: ignore[misc]
    assert reason == "frequency"
    assert numbers["limits"] == [
        {"max": 1, "per_days": 7, "used": 1}, {"max": 2, "per_days": None, "used": 1},
    ]  # fmt: skip


def test_frequency_by_cooldown(database: Database) -> None:
    """Within the cooldown the nudge rests, and the numbers say until when."""
    nudge = make_nudge(frequency=Frequency(limits=(Limit(9),), cooldown_days=7))
    reason, numbers = held(database, nudge, offer(1, 20))  # type: ignore[misc]
    assert (reason, numbers["cooldown_until"]) == ("frequency", "2026-11-27T10:00:00Z")


@pytest.mark.parametrize("state", ["lapsed", "claimed"])
def test_a_claim_that_was_never_painted_counts_for_nothing(database: Database, state: str) -> None:
    """A lapsed claim, and one that should have lapsed, spend neither frequency nor budget."""
    nudge = make_nudge(frequency=Frequency(limits=(Limit(1),)))
    stale = offer(state=state, claimed_at=at(23, 9), shown_at=None, closed_at=None, reaction=None)
    spent = touch(1, at(23, 9), id="offer:o1", channel="in_app", kind="interrupting")
    if state == "lapsed":
        assert held(database, nudge, stale) is None
    else:
        assert held(database, nudge, stale, spent, policy=capped(Cap(1, 86_400))) is None


def test_holdout_by_account(database: Database) -> None:
    """A hundred percent hold everybody out, and the number is the account's."""
    reason, numbers = held(database, make_nudge(holdout_percent=100))  # type: ignore[misc]
    assert reason == "holdout"
    assert numbers == {"percent": 100, "unit": "account", "share": 0.162409}


def test_budget_of_the_person_over_all_channels(database: Database) -> None:
    """An e-mail spends the same budget as a tooltip; the numbers say which cap and until when."""
    reason, numbers = held(database, make_nudge(), touch(1, at(22)), policy=capped(Cap(1, 7 * 86_400)))  # type: ignore[misc]
    assert reason == "budget"
    assert numbers == {
        "person_touches": 1, "account_touches": 0, "kind": "interrupting", "limit": "cap", "scope": "person",
        "used": 1, "max": 1, "per_seconds": 604_800, "free_at": "2026-11-29T10:00:00Z",
    }  # fmt: skip


def test_budget_of_the_account_counts_colleagues(database: Database) -> None:
    """Touches of colleagues count against the account's cap, and other kinds do not."""
    cap = Cap(2, 86_400, "account", kinds=("interrupting",))
    rows = [touch(n, at(23, 8), user_id=f"u{n}", kind="interrupting") for n in (2, 3)]
    reason, numbers = held(database, make_nudge(), *rows, touch(9, at(23, 9)), policy=capped(cap))  # type: ignore[misc]
    assert (reason, numbers["scope"], numbers["used"]) == ("budget", "account", 2)


def test_budget_of_other_kinds_is_not_spent(database: Database) -> None:
    """A cap on e-mail does not hold a tooltip."""
    assert (
        held(database, make_nudge(), touch(1, at(23, 9)), policy=capped(Cap(1, 86_400, channels=("email",))))
        is None
    )


def test_minimum_gap(database: Database) -> None:
    """Between any two touches lies the gap."""
    reason, numbers = held(database, make_nudge(), touch(1, at(23, 9)), policy=capped(min_gap_seconds=7200))  # type: ignore[misc]
    assert (reason, numbers["limit"], numbers["free_at"]) == ("budget", "min_gap", "2026-11-23T11:00:00Z")


def task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "workspace_id": WORKSPACE, "id": "t1", "account_id": "acme", "dedupe_key": "k", "title": "Call",
        "draft": "", "evidence": {}, "severity": 0.5, "mute_digital": True, "state": "open", "due_at": at(25),
        "created_at": at(22),
    }  # fmt: skip
    return Task(**{**values, **changes})


def test_an_open_task_mutes_play_nudges(database: Database) -> None:
    """While a person works on the account, its plays keep quiet."""
    reason, numbers = held(database, make_nudge(from_play=True), grant(), task())  # type: ignore[misc]
    assert (reason, numbers) == ("muted", {"open_task_mutes_digital": True, "from_play": True})


def test_a_task_mutes_no_ordinary_nudge(database: Database) -> None:
    """Nudges that no play handed out are not muted."""
    assert held(database, make_nudge(), task()) is None


@pytest.mark.parametrize(("run_id", "reason"), [("run-1", "motion"), ("person:jo", None)])
def test_strategic_accounts_get_play_nudges_from_people_only(
    database: Database, run_id: str, reason: str | None
) -> None:
    """The motion guard holds what a play granted, and lets through what a person granted."""
    runtime, _ = make_rig(database, make_nudge(from_play=True))
    add_rows(database, [grant(run_id=run_id)])
    with database.write() as session:
        session.get_one(Account, (WORKSPACE, "acme")).motion = "strategic"
    found = decide(runtime, WORKSPACE, Question("u1", "acme", explain=True))
    assert [each.held.reason for each in found.held or ()] == ([reason] if reason else [])
    if reason and found.held:
        assert found.held[0].held.detail == {
            "motion": "strategic", "from_play": True, "granted_by_person": False,
        }  # fmt: skip


def test_a_text_that_does_not_render_holds_its_own_nudge_only(database: Database) -> None:
    """A missing value holds that nudge with the message, and the others go on."""
    broken = make_nudge("broken", content={"en": Content("Hi {{ user.nickname }}", "Body.")})
    runtime, _ = make_rig(database, broken, make_nudge("fine"))
    found = decide(runtime, WORKSPACE, Question("u1", "acme", explain=True))
    assert found.keys == ("fine",)
    assert found.held is not None and found.held[0].held.reason == "content"
    assert "user.nickname" in found.held[0].held.detail["message"]


def test_unknown_people_and_other_workspaces_read_the_same(database: Database) -> None:
    """A person of another workspace gets exactly what a missing one gets."""
    nudge = make_nudge(audience={"user.role": {"$exists": True}})
    runtime, releases = make_rig(database, nudge, make_nudge("all"))
    from tests.builders import add_workspace
    from tests.services.decide_rig import make_definitions

    add_workspace(database, "other")
    releases.put(make_definitions(nudge, make_nudge("all")), "other")
    add_person(database, "theirs", "their-account", "other")
    here = decide(runtime, "other", Question("u1", "acme", explain=True))
    missing = decide(runtime, "other", Question("nobody", "acme", explain=True))
    assert here.keys == missing.keys == ("all",)
    assert here.held == missing.held
    assert decide(runtime, "other", Question("theirs", explain=True)).account_id == "their-account"


def test_a_stranger_to_the_account_gets_none_of_its_facts(database: Database) -> None:
    """With members only, an account named by somebody outside it reads as no account."""
    runtime, _ = make_rig(database, make_nudge(audience={"account.plan": "growth"}))
    add_person(database, "u2", "globex", plan="starter")
    assert decide(runtime, WORKSPACE, Question("u2", "acme")).keys == ("hello",)
    strict = decide(runtime, WORKSPACE, Question("u2", "acme", members_only=True))
    assert (strict.keys, strict.account_id) == ((), None)
    assert decide(runtime, WORKSPACE, Question("u1", "acme", members_only=True)).keys == ("hello",)


def test_the_language_falls_back(database: Database) -> None:
    """pt-BR, then pt, then English; never nothing."""
    words = {tag: Content(tag, "Body.") for tag in ("de", "en", "pt")}
    runtime, _ = make_rig(database, make_nudge(content=words))
    for locale, wanted in (("pt-BR", "pt"), ("de_AT", "de"), ("fr", "en"), (None, "en")):
        found = decide(runtime, WORKSPACE, Question("u1", "acme", locale=locale))
        assert f'"lang":"{wanted}"'.encode() in bytes(found.nudges[0])


def test_days_are_days_of_the_workspace(database: Database) -> None:
    """Near midnight the schedule follows the workspace's zone."""
    nudge = make_nudge(schedule=Schedule(starts_on="2026-11-24"))
    runtime, releases = make_rig(database, nudge, clock=Clock(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)))
    assert decide(runtime, WORKSPACE, Question("u1")).keys == ()
    releases.zone = ZoneInfo("Europe/Berlin")
    assert decide(runtime, WORKSPACE, Question("u1")).keys == ("hello",)


def test_a_repeated_question_sees_every_change_at_once(database: Database) -> None:
    """What is remembered about a person never outlives a change in the database, or a new day."""
    nudge = make_nudge(audience={"usage.reports.total": {"$gte": 1}}, schedule=Schedule(ends_on="2026-11-23"))
    clock = Clock()
    runtime, _ = make_rig(database, nudge, clock=clock)
    question = Question("u1", "acme")
    assert decide(runtime, WORKSPACE, question).keys == decide(runtime, WORKSPACE, question).keys == ()
    add_rows(database, [usage(1)])
    assert decide(runtime, WORKSPACE, question).keys == ("hello",)
    add_rows(database, [offer(reaction="never_again")])
    assert decide(runtime, WORKSPACE, question).keys == ()
    with database.write() as session:
        session.get_one(Offer, (WORKSPACE, "o1")).reaction = "clicked"
    assert decide(runtime, WORKSPACE, question).keys == ("hello",)
    clock.move(hours=14)
    assert decide(runtime, WORKSPACE, question).keys == ()


@pytest.mark.parametrize("surface", ["hotspot", "checklist", "tour"])
def test_what_stays_on_the_screen_goes_on_after_a_reload(database: Database, surface: str) -> None:
    """While its offer is open it is answered with the offer, whatever is used up; once closed, limits hold."""
    once = Frequency(limits=(Limit(max=1),), cooldown_days=30)
    piece: dict[str, Any] = {
        "checklist": {"checklist": Checklist((ChecklistItem("a", feature="runner"),))},
        "tour": {"tour": Tour((TourStep("a"),))},
    }.get(surface, {})
    words = Content("Hello", "Body.", steps={"a": PieceWords("A")}, items={"a": PieceWords("A")})
    nudge = make_nudge(surface=surface, frequency=once, content={"en": words}, **piece)
    runtime, _ = make_rig(database, nudge, policy=capped(Cap(1, 86_400)))
    shown = offer(state="shown", claimed_at=at(23, 9), shown_at=at(23, 9), closed_at=None, reaction=None)
    add_rows(database, [shown, touch(1, at(23, 9))])
    found = decide(runtime, WORKSPACE, Question("u1", "acme"))
    assert found.keys == ("hello",)
    assert json.loads(bytes(found.nudges[0]))["offer"] == "o1"
    assert decide(runtime, WORKSPACE, Question("u1", "acme", explain=True)).keys == ("hello",)
    with database.write() as session:
        session.execute(update(Offer).values(state="closed", closed_at=at(23, 9), reaction="dismissed"))
    assert decide(runtime, WORKSPACE, Question("u1", "acme")).keys == ()


def test_a_tooltip_does_not_go_on(database: Database) -> None:
    """What points at an element for a moment is not painted twice."""
    shown = offer(state="shown", claimed_at=at(23, 9), shown_at=at(23, 9), closed_at=None, reaction=None)
    once = Frequency(limits=(Limit(max=1),), cooldown_days=0)
    assert held(database, make_nudge(frequency=once), shown) is not None
