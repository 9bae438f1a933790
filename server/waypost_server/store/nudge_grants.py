"""Nudges that plays handed to an account's users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import NudgeGrant


def grant(session: Session, values: Mapping[str, Any]) -> bool:
    """Hand out; False when this run has done so before."""
    return insert_new(session, NudgeGrant, values)


def withdraw(session: Session, workspace_id: str, account_id: str, *, run_id: str, now: datetime) -> None:
    """End what a run handed out, when the run ends because its reason is gone."""
    session.execute(
        update(NudgeGrant)
        .where(
            NudgeGrant.workspace_id == workspace_id,
            NudgeGrant.account_id == account_id,
            NudgeGrant.run_id == run_id,
            NudgeGrant.until > now,
        )
        .values(until=now)
    )
