"""Has a play reached what it is for?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Goal
from waypost_server.domain.local_day import day_of
from waypost_server.domain.weeks import monday
from waypost_server.services.runtime import Runtime
from waypost_server.store import goals


def goal_reached(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    account_id: str,
    *,
    goal: Goal | None,
    since: datetime,
    user_id: str = "",
) -> bool:
    """Whether the behaviour happened since a moment, for the account or for one user of it.

    Use on the day itself counts only for a goal of one use: counts by day know no time of day.
    """
    if goal is None:
        return False
    if goal.milestone is not None:
        return goals.milestone_reached(
            session, workspace_id, account_id, user_id=user_id, milestone=goal.milestone
        )
    feature = goal.feature or ""
    if goal.weeks_active is None and goal.count <= 1:
        return goals.used_since(
            session, workspace_id, account_id, user_id=user_id, feature=feature, since=since
        )
    day = day_of(since, runtime.releases.standing(session, workspace_id).zone)
    days = goals.days_used_after(session, workspace_id, account_id, user_id=user_id, feature=feature, day=day)
    if goal.weeks_active is not None:
        return len({monday(at) for at, _ in days}) >= goal.weeks_active
    return sum(count for _, count in days) >= goal.count
