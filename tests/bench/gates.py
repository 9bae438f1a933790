"""What a candidate costs once its audience is found: gates, reasons and arbitration, in microseconds.

    python -m tests.bench.gates

Half the nudges carry everything a nudge can carry (hours, a prerequisite, a learning path, a holdout, a goal),
and the person has a past: twenty touches, offers of every third nudge, and a "no" to surveys.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from waypost_server.domain.arbitration import Candidate, outranked, rank
from waypost_server.domain.budget import TouchSeen
from waypost_server.domain.compiled import CompiledRelease, compile_release
from waypost_server.domain.definitions import (
    Catalog,
    Content,
    Definitions,
    Frequency,
    Goal,
    Hours,
    Journey,
    LearningPath,
    Limit,
    Nudge,
    Prerequisite,
    Schedule,
)
from waypost_server.domain.eligibility import eligible, held, progress
from waypost_server.domain.history import History, NudgeHistory, Situation

NUDGES, ROUNDS, TARGET = 100, 200, 20.0
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def main() -> None:
    """Print microseconds per candidate; exit with 1 above the target."""
    release, history = _release(), _history()
    ways: dict[str, Callable[[Situation], Any]] = {
        "decide: the gates, and the order of the rest": lambda now: _decide(release, now),
        "explain: each reason, and who outranks whom": lambda now: _explain(release, now),
    }
    costs = {name: _measure(way, history) for name, way in ways.items()}
    for name, cost in costs.items():
        print(f"{name:46} {cost:6.2f} µs a candidate (target {TARGET:g})")
    raise SystemExit(max(costs.values()) > TARGET)


def _measure(way: Callable[[Situation], Any], history: History) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(ROUNDS):
            way(_situation(history))
        best = min(best, time.perf_counter() - started)
    return best / ROUNDS / NUDGES * 1e6


def _decide(release: CompiledRelease, now: Situation) -> list[Candidate]:
    return rank(
        Candidate(each.key, each.nudge.priority, progress(each, now), now.history.of(each.key).count)
        for each in release.nudges
        if eligible(each, now)
    )


def _explain(release: CompiledRelease, now: Situation) -> Any:
    return outranked(
        rank(
            Candidate(each.key, each.nudge.priority, progress(each, now), now.history.of(each.key).count)
            for each in release.nudges
            if held(each, now) is None
        )
    )


def _situation(history: History) -> Situation:
    """A fresh one, because a situation remembers what the budget said."""
    facts = {"user": {"role": "admin", "timezone": "Europe/Berlin"}, "usage": {"reports": {"total": 7}}}
    return Situation(
        NOW, NOW.date(), "u1", "acme", facts, history, session_started_at=NOW - timedelta(hours=1)
    )


def _history() -> History:
    touches = tuple(
        TouchSeen(NOW - timedelta(days=8, hours=n), "passive", "email", "u1", "acme") for n in range(20)
    )
    past = NudgeHistory(
        count=1, first_at=NOW - timedelta(days=9), last_at=NOW - timedelta(days=9), goal_base=5
    )
    return History(
        nudges={f"n{n}": past for n in range(0, NUDGES, 3)},
        person_touches=touches,
        reached={"n1": {"seen": NOW - timedelta(days=9), "completed": NOW - timedelta(days=9)}},
        denied=frozenset({"survey"}),
    )


def _release() -> CompiledRelease:
    nudges = tuple(_nudge(n) for n in range(NUDGES))
    path = LearningPath("path", "Path", ("n1", "n3", "n5"), ("admin",))
    return compile_release(Definitions(Catalog("Acme"), Journey(paths=(path,)), nudges=nudges))


def _nudge(n: int) -> Nudge:
    plain = Nudge(
        key=f"n{n}",
        title="N",
        surface="tooltip" if n % 4 else "banner",
        content={"en": Content("Title", "Body")},
        audience={"user.role": "admin"},
        frequency=Frequency(limits=(Limit(3), Limit(1, 7))),
        priority=("deepen", "start", "announce")[n % 3],  # type: ignore[arg-type]  # one of the three
    )
    if n % 2 == 0:
        return plain
    return Nudge(
        **{
            name: getattr(plain, name)
            for name in ("key", "title", "surface", "content", "audience", "priority")
        },
        frequency=plain.frequency,
        goal=Goal(feature="reports", count=9),
        schedule=Schedule(starts_on="2026-11-01", hours=Hours("08:00", "18:00"), zone="user"),
        requires=() if n == 1 else (Prerequisite("n1", "completed", 2),),
        holdout_percent=10,
    )


if __name__ == "__main__":
    main()
