"""What a visit to many runs reads and writes at once: a few statements for all of them, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Goal, Play
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.runtime import Runtime
from waypost_server.store import goals, play_runs, signals
from waypost_server.store.play_runs import Stand, Told
from waypost_server.store.tables import PlayRun


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of a batch: what it knows, its story so far, and whether its goal can have been reached at all."""

    context: RunContext
    story: list[Told]
    may_be_reached: bool


@dataclass(slots=True)
class Written:
    """What a batch has to say at its end."""

    lines: list[tuple[Any, ...]] = field(default_factory=list)
    stands: list[Stand] = field(default_factory=list)


def read(session: Session, runtime: Runtime, runs: Sequence[PlayRun], *, fence: str) -> list[Visit]:
    """Lock the accounts first (evaluate and deliver lock in the same order), then the runs, then read the rest.

    A run that another worker holds by now is left out, and so is one whose account or play is gone.
    """
    workspace_id = runs[0].workspace_id
    accounts = play_runs.lock_accounts(session, workspace_id, {run.account_id for run in runs})
    held = play_runs.hold(session, workspace_id, [run.id for run in runs], fence=fence)
    stories = play_runs.stories(session, workspace_id, held)
    causes = signals.by_id(session, workspace_id, {run.signal_id for run in runs} - {""})
    tz, now = runtime.releases.standing(session, workspace_id).zone, runtime.clock()
    contexts: list[RunContext] = []
    for run in runs:
        account = accounts.get(run.account_id)
        release = runtime.releases.pinned(session, workspace_id, run.release)
        play = release.plays.get(run.play)
        if run.id in held and account is not None and play is not None:
            cause = causes.get(run.signal_id)
            contexts.append(RunContext(session, runtime, release, run, play, account, cause, now, tz))
    near = _near_goal(session, contexts)
    return [Visit(each, stories.get(each.run.id, []), each.run.id in near) for each in contexts]


def write(session: Session, workspace_id: str, written: Written, *, fence: str) -> None:
    """The story's new lines and the runs' new positions."""
    play_runs.tell(session, workspace_id, written.lines)
    play_runs.save(session, workspace_id, written.stands, fence=fence)


def _near_goal(session: Session, contexts: Sequence[RunContext]) -> set[str]:
    """Runs whose account did something of their goal; for the others nothing has to be counted."""
    by_play: dict[int, tuple[Play, list[RunContext]]] = {}
    for each in contexts:
        if each.play.goal is not None:
            by_play.setdefault(id(each.play), (each.play, []))[1].append(each)
    near: set[str] = set()
    for play, members in by_play.values():
        accounts = {each.account.id for each in members}
        since = min(each.run.started_at for each in members)
        found = _moved(session, members[0].workspace_id, accounts, goal=play.goal, since=since)
        near |= {each.run.id for each in members if each.account.id in found}
    return near


def _moved(
    session: Session, workspace_id: str, accounts: Collection[str], *, goal: Goal | None, since: datetime
) -> set[str]:
    if goal is None:
        return set()
    if goal.milestone is not None:
        return goals.accounts_that_reached(session, workspace_id, accounts, milestone=goal.milestone)
    return goals.accounts_that_used(session, workspace_id, accounts, feature=goal.feature or "", since=since)
