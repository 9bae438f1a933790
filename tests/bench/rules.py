"""Measure conditions: CPU time to tell which of N rules hold for one user, beside GrowthBook and a Rust CEL.

    python -m tests.bench.rules [--counts 100,1000,10000] [--no-peers]

A rule has four leaves: role in three of twelve, plan is, count at least, date before. The peers are installed into a
temporary environment, are run on the same rules and users, and must give the same answers; without a package index they
are left out. Gates, reasons and arbitration are measured on the candidates that the rules leave.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROLES = [
    "admin",
    "analyst",
    "manager",
    "developer",
    "designer",
    "sales",
    "support",
    "finance",
    "hr",
    "ops",
    "legal",
    "guest",
]
PLANS = ["free", "starter", "pro", "enterprise"]
PEERS = {"growthbook": "growthbook", "cel": "common-expression-language"}
RUNS = 7


def make_rules(count: int) -> list[dict[str, Any]]:
    """Random rules, the same every time."""
    dice = random.Random(7)
    return [
        {"key": f"n{i}", "roles": dice.sample(ROLES, 3), "plan": dice.choice(PLANS), "least": dice.randrange(60),
         "before": _day(dice)}
        for i in range(count)
    ]  # fmt: skip


def make_users() -> list[dict[str, Any]]:
    """Sixty-four random people."""
    dice = random.Random(11)
    return [
        {"role": dice.choice(ROLES), "plan": dice.choice(PLANS), "count": dice.randrange(100), "since": _day(dice)}
        for _ in range(64)
    ]  # fmt: skip


def _day(dice: random.Random) -> str:
    return f"2026-{dice.randrange(1, 13):02d}-{dice.randrange(1, 28):02d}T00:00:00Z"


def holding(rule: dict[str, Any], user: dict[str, Any]) -> bool:
    """What a rule means."""
    return bool(
        user["role"] in rule["roles"]
        and user["plan"] == rule["plan"]
        and user["count"] >= rule["least"]
        and user["since"] < rule["before"]
    )


def measure(decide: Callable[[Any], list[str]], users: list[Any]) -> float:
    """Microseconds of CPU for one user, the best of a few runs."""
    best = float("inf")
    for _ in range(RUNS):
        began, count = time.process_time(), 0
        while (spent := time.process_time() - began) < 0.12:
            for user in users:
                decide(user)
            count += len(users)
        best = min(best, spent / count)
    return best * 1e6


# --- the three evaluators, each in its own process ------------------------------------------------
def waypost(rules: list[dict[str, Any]]) -> tuple[Any, Any]:
    """The index of a compiled release."""
    from waypost_server.domain.compiled import compile_release
    from waypost_server.domain.definitions import Catalog, Definitions, Nudge

    nudges = tuple(Nudge(rule["key"], "", "banner", {}, audience=condition(rule)) for rule in rules)
    find = compile_release(Definitions(Catalog(""), nudges=nudges)).find
    return facts, lambda document: [each.key for each in find(document)]


def condition(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as an author writes it."""
    return {
        "user.role": {"$in": rule["roles"]},
        "account.plan": rule["plan"],
        "usage.report_export.count_28d": {"$gte": rule["least"]},
        "user.since": {"$lt": rule["before"]},
    }


def facts(user: dict[str, Any]) -> dict[str, Any]:
    """A user as the store loads one."""
    return {
        "user": {"role": user["role"], "since": user["since"]},
        "account": {"plan": user["plan"], "motion": "long_tail"},
        "usage": {"report_export": {"count_28d": user["count"]}},
    }


def growthbook(rules: list[dict[str, Any]]) -> tuple[Any, Any]:
    """GrowthBook's Python SDK, its evalCondition on each rule."""
    from growthbook.core import evalCondition  # type: ignore[import-not-found]  # in the peers' environment

    conditions = [
        ({"role": {"$in": r["roles"]}, "plan": r["plan"], "count": {"$gte": r["least"]}, "since": {"$lt": r["before"]}},
         r["key"])
        for r in rules
    ]  # fmt: skip
    return dict, lambda user: [key for document, key in conditions if evalCondition(user, document)]


def cel(rules: list[dict[str, Any]]) -> tuple[Any, Any]:
    """The Rust CEL library, one compiled program a rule; the context is made once a user and not counted."""
    from cel import Context, compile  # type: ignore[import-not-found]  # in the peers' environment

    programs = [
        (compile(f"role in {json.dumps(r['roles'])} && plan == {json.dumps(r['plan'])} && count >= {r['least']}"
                 f" && since < {json.dumps(r['before'])}"), r["key"])
        for r in rules
    ]  # fmt: skip
    return (
        lambda user: Context(variables=user),
        lambda context: [key for program, key in programs if program.execute(context)],
    )


EVALUATORS = {"waypost": waypost, "growthbook": growthbook, "cel": cel}


def run_one(name: str, counts: list[int]) -> dict[int, float]:
    """Measure one evaluator here, after checking its answers."""
    users, found = make_users(), {}
    for count in counts:
        rules = make_rules(count)
        prepare, decide = EVALUATORS[name](rules)
        prepared = [prepare(user) for user in users]
        for user, document in zip(users, prepared, strict=True):
            assert sorted(decide(document)) == sorted(rule["key"] for rule in rules if holding(rule, user)), (
                name
            )
        found[count] = measure(decide, prepared)
    return found


def run_peers(counts: list[int]) -> dict[str, dict[int, float]]:
    """Measure each peer in a process of a temporary environment."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        for name, package in PEERS.items():
            install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
            if subprocess.run(install, capture_output=True, check=False).returncode:
                print(f"  {package} cannot be installed here and is left out")
                continue
            command = [python, __file__, "--one", name, "--counts", ",".join(map(str, counts))]
            answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            found[name] = {int(count): value for count, value in json.loads(answer).items()}
    return found


def run_gates(counts: list[int]) -> dict[int, float]:
    """Gates with reasons and arbitration, for each nudge whose audience holds."""
    from waypost_server.domain.arbitration import Candidate, rank
    from waypost_server.domain.compiled import compile_release
    from waypost_server.domain.definitions import Cap, Catalog, Definitions, Nudge, Policy
    from waypost_server.domain.eligibility import eligible, held, progress
    from waypost_server.domain.history import History, Situation

    users = make_users()
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    caps = (Cap(3, 604_800), Cap(1, 86_400, kinds=("interrupting",)))
    found = {}
    for count in counts:
        nudges = tuple(
            Nudge(rule["key"], "", "tooltip", {}, audience=condition(rule), holdout_percent=5)
            for rule in make_rules(count)
        )
        release = compile_release(Definitions(Catalog(""), policy=Policy(caps=caps), nudges=nudges))
        waiting = [
            (Situation(now=now, today=now.date(), user_id=f"u{place}", account_id="acme", facts=document,
                       history=History()), release.find(document))
            for place, document in enumerate(map(facts, users))
        ]  # fmt: skip

        def decide(asked: Any) -> list[Any]:
            situation, candidates = asked
            reasons = [held(each, situation) for each in candidates]
            able = [each for each in candidates if eligible(each, situation)]
            ranked = rank(
                [Candidate(each.key, each.nudge.priority, progress(each, situation), 0) for each in able]
            )
            return [reasons, ranked]

        candidates = sum(len(each) for _situation, each in waiting) / len(waiting)
        found[count] = measure(decide, waiting) / candidates
    return found


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--counts", default="100,1000,10000")
    asked.add_argument("--one", choices=EVALUATORS)
    asked.add_argument("--no-peers", action="store_true")
    given = asked.parse_args()
    counts = [int(each) for each in given.counts.split(",")]
    if given.one:
        print(json.dumps(run_one(given.one, counts)))
        return
    print("CPU a user, in µs (lower is better); ratio = peer / Waypost")
    ours = run_one("waypost", counts)
    peers = {} if given.no_peers else run_peers([count for count in counts if count <= 1000])
    for count in counts:
        beside = "".join(
            f"   {name} {times[count]:.1f} ({times[count] / ours[count]:.0f} times)"
            for name, times in peers.items()
            if count in times
        )
        print(f"  {count:>6} rules   Waypost {ours[count]:.1f}{beside}")
    print("Gates, reasons and arbitration, in µs for each candidate")
    for count, spent in run_gates(counts).items():
        print(f"  {count:>6} rules   {spent:.1f}")


if __name__ == "__main__":
    sys.exit(main())
