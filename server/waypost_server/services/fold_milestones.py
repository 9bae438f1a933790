"""Milestones of the subjects whose usage changed: only those that this batch can have moved are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Milestone
from waypost_server.domain.local_day import day_of, start_of
from waypost_server.domain.milestones import FeatureUse, Progress, progress
from waypost_server.services.ingest_plan import Plan
from waypost_server.store import milestone_states, usage
from waypost_server.store.milestone_states import State
from waypost_server.store.usage import DayRow, TotalRow

Subject = tuple[str, str]  # account, user; user '' for the account itself
Moved = dict[tuple[Subject, str], Milestone]  # by subject and milestone key


def fold(
    session: Session, workspace_id: str, plan: Plan, *, added: Sequence[TotalRow], now: Sequence[TotalRow]
) -> None:
    """Bring progress up to date. `added` is what this batch added to usage, `now` the totals after it.

    The caller holds the locks of the accounts, so that two batches cannot each miss the other's half.
    """
    moved = moved_users(plan, added, now)
    moved.update(_moved_accounts(session, workspace_id, plan, added))
    if not moved:
        return
    if any(not account_id for (account_id, _), _ in moved):
        milestone_states.lock_nameless(session, workspace_id)
    uses = _uses(session, workspace_id, moved)
    milestone_states.put(
        session,
        workspace_id,
        [
            _state(
                subject, milestone, progress(milestone, uses[subject], lambda day: start_of(day, plan.zone))
            )
            for (subject, _), milestone in moved.items()
        ],
    )


def moved_users(plan: Plan, added: Sequence[TotalRow], now: Sequence[TotalRow]) -> Moved:
    """Milestones of users that this batch can have moved; found without reading anything.

    A step moves when its count is crossed, when the first use is now earlier, or when a use on an earlier
    day than the last one may have moved the day of crossing.
    """
    moved: Moved = {}
    if not plan.user_milestones:
        return moved
    before = {row[:3]: row for row in added}
    for row in now:
        for milestone in plan.user_milestones.get(row.feature, ()):
            if _can_move(milestone, before[row[:3]], row, plan):
                moved[(row[:2], milestone.key)] = milestone
    return moved


def _can_move(milestone: Milestone, added: TotalRow, now: TotalRow, plan: Plan) -> bool:
    if now.first_at == added.first_at:
        return True
    for step in milestone.steps:
        if step.feature != now.feature or now.total < step.count:
            continue
        if now.total - added.total < step.count:
            return True
        if step.count > 1 and day_of(added.first_at, plan.zone) < day_of(now.last_at, plan.zone):
            return True
    return False


def _moved_accounts(session: Session, workspace_id: str, plan: Plan, added: Sequence[TotalRow]) -> Moved:
    """Milestones of accounts with a touched step that is not done, or was done later than this use."""
    earliest: dict[tuple[str, str], datetime] = {}
    for row in added:
        if row.account_id and row.feature in plan.account_milestones:
            key = (row.account_id, row.feature)
            earliest[key] = min(earliest.get(key, row.first_at), row.first_at)
    candidates: Moved = {
        ((account_id, ""), milestone.key): milestone
        for account_id, feature in earliest
        for milestone in plan.account_milestones[feature]
    }
    if not candidates:
        return candidates
    known = milestone_states.steps(
        session, workspace_id, [(*subject, key) for subject, key in sorted(candidates)]
    )
    return {
        (subject, key): milestone
        for (subject, key), milestone in candidates.items()
        if _is_open(milestone, known.get((*subject, key), {}), subject[0], earliest)
    }


def _is_open(
    milestone: Milestone,
    done: Mapping[str, str],
    account_id: str,
    earliest: Mapping[tuple[str, str], datetime],
) -> bool:
    for step in milestone.steps:
        first = earliest.get((account_id, step.feature))
        if first is not None and (step.key not in done or first < datetime.fromisoformat(done[step.key])):
            return True
    return False


@dataclass(slots=True)
class _Wanted:
    """Features to read, for users and for whole accounts."""

    users: list[tuple[str, str, str]]
    accounts: list[tuple[str, str, str]]


def _split(keys: Iterable[tuple[Subject, str]]) -> _Wanted:
    wanted = sorted({(*subject, feature) for subject, feature in keys})
    return _Wanted([each for each in wanted if each[1]], [each for each in wanted if not each[1]])


def _uses(session: Session, workspace_id: str, moved: Moved) -> dict[Subject, dict[str, FeatureUse]]:
    wanted = _split(
        (subject, step.feature) for (subject, _), milestone in moved.items() for step in milestone.steps
    )
    rows: list[TotalRow] = []
    if wanted.users:
        rows += usage.user_totals(session, workspace_id, wanted.users)
    if wanted.accounts:
        rows += usage.account_totals(session, workspace_id, wanted.accounts)
    days = _days(session, workspace_id, moved, {row[:3]: row.total for row in rows})
    uses: dict[Subject, dict[str, FeatureUse]] = defaultdict(dict)
    for row in rows:
        uses[row[:2]][row.feature] = FeatureUse(row.first_at, row.total, days.get(row[:3], ()))
    return uses


def _days(
    session: Session, workspace_id: str, moved: Moved, totals: Mapping[tuple[str, str, str], int]
) -> dict[tuple[str, str, str], list[tuple[date, int]]]:
    """Daily counts, only where a step of several uses is done: its day must be found."""
    wanted = _split(
        (subject, step.feature)
        for (subject, _), milestone in moved.items()
        for step in milestone.steps
        if 1 < step.count <= totals.get((*subject, step.feature), 0)
    )
    rows: list[DayRow] = []
    if wanted.users:
        rows += usage.user_days(session, workspace_id, wanted.users)
    if wanted.accounts:
        rows += usage.account_days(session, workspace_id, wanted.accounts)
    days: dict[tuple[str, str, str], list[tuple[date, int]]] = defaultdict(list)
    for row in rows:
        days[row[:3]].append((row.day, row.uses))
    return days


def _state(subject: Subject, milestone: Milestone, reached: Progress) -> State:
    steps = {key: iso(at) for key, at in sorted(reached.steps.items())}
    return State(
        *subject,
        milestone.key,
        reached.done,
        reached.total,
        milestone_states.as_json(steps),
        reached.started_at,
        reached.reached_at,
    )


def iso(at: datetime) -> str:
    """A time as the state keeps it: ISO 8601, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
