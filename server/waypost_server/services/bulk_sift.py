"""For which accounts a play starts when it is started for many: asked before, and chunk by chunk as it goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import Condition, Play
from waypost_server.domain.enrolment import used_up
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.audience import condition_of
from waypost_server.services.begin_run import Beginning, mismatch, paused
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.population import Population
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import bulk_starts, play_starts
from waypost_server.store.bulk_starts import Candidate

ACCOUNT_FACTS = ("account", "account_usage", "role_usage", "milestone", "signal")
AT_ONCE = 1_000  # accounts looked at with a few statements
SECONDS = 2.0  # a person waits for the answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """A play, and the accounts it is to start for ({} = all)."""

    workspace_id: str
    release: LiveRelease
    play: Play
    condition: Condition
    occurrence: str = ""


@dataclass(slots=True)
class Sifted:
    """Those the play starts for, how many the condition holds for, and why it does not start for the rest."""

    chosen: list[Candidate] = field(default_factory=list)
    matched: int = 0
    held: Counter[str] = field(default_factory=Counter)

    def add(self, more: Sifted) -> None:
        """The same of further accounts."""
        self.chosen += more.chosen
        self.matched += more.matched
        self.held += more.held


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a start would do: `looked_at` of `total` accounts were asked in the time there was."""

    total: int
    looked_at: int
    found: Sifted

    @property
    def motions(self) -> list[tuple[str, int]]:
        """How many it starts for, by how they are served; the most first."""
        return Counter(each.motion or "" for each in self.found.chosen).most_common()


def foresee(
    runtime: Runtime,
    workspace_id: str,
    play: str,
    condition: Condition,
    *,
    seconds: float = SECONDS,
    stopwatch: Callable[[], float] = time.monotonic,
) -> Foreseen:
    """Count before anything starts, for up to `seconds`. Raises what `play_for_many` raises."""
    began, seen, found = stopwatch(), 0, Sifted()
    with runtime.db.read() as session:
        release, meant = play_for_many(session, runtime, workspace_id, play, condition)
        wanted, last = Wanted(workspace_id, release, meant, condition), ""
        while stopwatch() - began < seconds:
            accounts = bulk_starts.candidates(session, workspace_id, last, AT_ONCE)
            found.add(sift(session, runtime, wanted, accounts))
            seen += len(accounts)
            if len(accounts) < AT_ONCE:
                return Foreseen(seen, seen, found)
            last = accounts[-1].id
        return Foreseen(bulk_starts.accounts(session, workspace_id), seen, found)


def play_for_many(
    session: Session, runtime: Runtime, workspace_id: str, key: str, condition: Condition
) -> tuple[LiveRelease, Play]:
    """The live release and the play of it that may start for the accounts of whom `condition` holds.

    Raises NotFoundError for a play that is not published, ConflictError for one that its definition pauses,
    BadInputError for a play about users and for facts that no account has, ConditionError.
    """
    release = runtime.releases.live(session, workspace_id)
    play = release.plays.get(key) if release else None
    if release is None or play is None:
        raise NotFoundError("There is no such play.")
    if play.is_paused:
        raise ConflictError(paused(play), code="play_state")
    if play.subject == "user":
        raise BadInputError(
            f"{play.title} is about users; start it from a user's page.", code="play_of_users"
        )
    paths = compile_condition(condition_of(release, condition, None)).paths
    for path in sorted(paths):
        if path.partition(".")[0] not in ACCOUNT_FACTS:
            raise BadInputError(f"{path} is no fact of an account.", code="fact_scope")
    return release, play


def sift(session: Session, runtime: Runtime, wanted: Wanted, accounts: Sequence[Candidate]) -> Sifted:
    """Of whom the condition holds, and for whom of them the play may start."""
    play, condition = wanted.play, compile_condition(wanted.condition)
    paths = condition.paths | compiled(play.audience).paths
    facts: Mapping[str, Mapping[str, Any]] = {}
    ids = [each.id for each in accounts]
    if paths:
        people = Population(session, runtime, wanted.workspace_id, wanted.release)
        facts = people.account_facts(ids, paths)
    starts = play_starts.of_accounts(session, wanted.workspace_id, ids, {play.key})
    now, found = runtime.clock(), Sifted()
    zone = runtime.releases.standing(session, wanted.workspace_id).zone
    for each in accounts:
        values = facts.get(each.id, {})
        if wanted.condition and not condition.test(values):
            continue
        found.matched += 1
        if each.motion is None:
            found.held["It has not been looked at yet."] += 1
            continue
        beginning = Beginning(wanted.workspace_id, each.id, each.motion, wanted.occurrence)
        reason = mismatch(play, beginning, values)
        if not reason and used_up(play.enrol, starts.times[(each.id, play.key, "")], now, zone):
            reason = "The play ran for it as often as it may."
        if reason:
            found.held[reason] += 1
        else:
            found.chosen.append(each)
    return found
