"""The explanation never disagrees with the decision, whatever the person has done."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tests.builders import WORKSPACE, Clock
from tests.services.decide_rig import add_person, add_rows, capped, make_nudge, make_rig
from waypost_server.domain.definitions import Cap, Frequency, Goal, Limit
from waypost_server.services.decide import Question, decide
from waypost_server.services.explain import explain
from waypost_server.store.database import Database
from waypost_server.store.tables import MilestoneState, NudgeGrant, Offer, Touch, UsageDay, UsageTotal

ROLES = ("admin", "viewer", "manager")
REACTIONS = (None, "clicked", "dismissed", "snoozed", "never_again", "completed")


def random_nudges(dice: random.Random) -> list[Any]:
    """Nudges with every kind of rule."""
    nudges = []
    for n in range(25):
        audience: dict[str, Any] = (
            {"user.role": {"$in": dice.sample(ROLES, 2)}} if dice.random() < 0.7 else {}
        )
        if dice.random() < 0.5:
            audience["usage.editor.count_28d"] = {"$gte": dice.randrange(5)}
        if dice.random() < 0.3:
            audience["$or"] = [{"account.plan": "growth"}, {"milestone.setup.progress": {"$gt": 0}}]
        goal = dice.choice([None, Goal(milestone="setup"), Goal(feature="runner", count=2)])
        nudges.append(
            make_nudge(
                f"n{n}",
                audience=audience,
                goal=goal,
                frequency=Frequency((Limit(dice.randrange(1, 4)), Limit(1, 7)), dice.randrange(0, 9)),
                holdout_percent=dice.choice([0, 0, 30]),
                from_play=dice.random() < 0.2,
                priority=dice.choice(["deepen", "start", "announce"]),
                surface=dice.choice(["tooltip", "banner"]),
            )
        )
    return nudges


def random_past(dice: random.Random, user: str, account: str, clock: Clock) -> list[Any]:
    """Rows of a random past of one person."""
    who = {"workspace_id": WORKSPACE, "account_id": account, "user_id": user}
    now = clock()
    rows: list[Any] = []
    for feature in ("editor", "runner"):
        if dice.random() < 0.7:
            first = now - timedelta(days=dice.randrange(1, 60))
            total = dice.randrange(1, 9)
            rows.append(UsageTotal(**who, feature=feature, first_at=first, last_at=now, total=total))
            rows.append(UsageDay(**who, feature=feature, day=first.date(), count=total))
    if dice.random() < 0.5:
        steps = {"open": now.isoformat()}
        reached = now if dice.random() < 0.5 else None
        rows.append(
            MilestoneState(**who, milestone="setup", done=1, total=2, steps=steps, reached_at=reached)
        )
    for n in dice.sample(range(25), 6):
        at = now - timedelta(days=dice.randrange(0, 20), minutes=dice.randrange(0, 90))
        what = dice.choice(REACTIONS)
        offer = {
            "id": f"{user}-{n}",
            "nudge": f"n{n}",
            "release": 1,
            "kind": "interrupting",
            "claimed_at": at,
        }
        rows.append(
            Offer(
                **who, **offer, claim_id=f"{n}", state="closed" if what else dice.choice(["claimed", "shown"]),
                shown_at=at if what else None, reaction=what,
                snoozed_until=at + timedelta(days=7) if what == "snoozed" else None,
            )
        )  # fmt: skip
        rows.append(Touch(**who, id=f"offer:{user}-{n}", channel="in_app", kind="interrupting", at=at))
    return rows


def test_explain_agrees_with_decide(database: Database) -> None:
    """For random people the eligible nudges and their order are the same, and each held one failed its gate."""
    dice, clock = random.Random(7), Clock()
    policy = capped(Cap(2, 86_400, kinds=("interrupting",)), Cap(6, 7 * 86_400, "account"))
    runtime, _ = make_rig(database, *random_nudges(dice), clock=clock, policy=policy)
    held_for = set()
    for n in range(40):
        user, account = f"user-{n}", f"account-{n % 15}"
        add_person(database, user, account, role=dice.choice(ROLES), plan=dice.choice(["growth", "starter"]))
        rows = random_past(dice, user, account, clock)
        if n % 15 == n:
            grant = {"account_id": account, "nudge": f"n{n}", "run_id": "r", "until": clock() + timedelta(1)}
            rows.append(NudgeGrant(workspace_id=WORKSPACE, **grant))
        add_rows(database, rows)
        decided = decide(runtime, WORKSPACE, Question(user, account))
        told = explain(runtime, WORKSPACE, user, account)["nudges"]
        assert [each["key"] for each in told if each["verdict"] == "eligible"] == list(decided.keys)
        assert len(told) == 25
        for each in told:
            failed = [gate["gate"] for gate in each["gates"] if not gate["passed"]]
            assert failed[:1] == ([each["reason"]] if each["verdict"] == "held" else [])
            truth = each["audience"]["truth"]
            assert (truth == "true") == ("audience" not in failed)
            held_for.update(failed)
    assert {"audience", "frequency", "snoozed", "never_again", "budget", "holdout", "no_grant"} <= held_for
