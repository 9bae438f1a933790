"""When plays started, for whom: what limits on starting are counted from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import PlayRun

Starts = defaultdict[tuple[str, str, str], list[datetime]]


def of_accounts(
    session: Session, workspace_id: str, accounts: Collection[str], plays: Collection[str]
) -> Starts:
    """(account, play, user) → when it started for them, and for the account at large under user ''."""
    rows = session.execute(
        select(PlayRun.account_id, PlayRun.play, PlayRun.user_id, PlayRun.started_at).where(
            PlayRun.workspace_id == workspace_id,
            PlayRun.account_id.in_(accounts),
            PlayRun.play.in_(plays),
        )
    )
    found: Starts = defaultdict(list)
    for account_id, play, user_id, at in rows:
        note(found, account_id, play, user_id, at)
    return found


def note(starts: Starts, account_id: str, play: str, user_id: str, at: datetime) -> None:
    """One more start, of the user and of the account."""
    for subject in {user_id, ""}:
        starts[(account_id, play, subject)].append(at)


def none() -> Starts:
    """No starts: for who has counted already."""
    return defaultdict(list)
