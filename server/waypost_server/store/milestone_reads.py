"""Milestone states and first days, for many accounts at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Membership, MilestoneState


class State(NamedTuple):
    """How far an account ('' as user) or one of its users is on a milestone."""

    account_id: str
    milestone: str
    user_id: str
    steps: dict[str, str]  # step key → ISO time it was done
    reached_at: datetime | None


def states(session: Session, workspace_id: str, accounts: Collection[str]) -> dict[str, list[State]]:
    """Account → every milestone state of it and of its users."""
    columns = (getattr(MilestoneState, name) for name in State._fields)
    found: dict[str, list[State]] = {}
    for row in session.execute(
        select(*columns)
        .where(MilestoneState.workspace_id == workspace_id, MilestoneState.account_id.in_(accounts))
        .order_by(MilestoneState.account_id, MilestoneState.milestone, MilestoneState.user_id)
    ):
        found.setdefault(row.account_id, []).append(State(*row))
    return found


def first_days(session: Session, workspace_id: str, accounts: Collection[str]) -> dict[str, dict[str, date]]:
    """Account → user → the user's first day in it."""
    found: dict[str, dict[str, date]] = {}
    for account_id, user_id, day in session.execute(
        select(Membership.account_id, Membership.user_id, Membership.first_day).where(
            Membership.workspace_id == workspace_id,
            Membership.account_id.in_(accounts),
            Membership.first_day.is_not(None),
        )
    ):
        assert day is not None, "the query leaves them out"
        found.setdefault(account_id, {})[user_id] = day
    return found
