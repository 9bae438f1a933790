"""When plays started, for whom: what limits on starting are counted from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store import play_pauses
from waypost_server.store.tables import PlayRun


@dataclass(slots=True)
class Starts:
    """(account, play, user) → when it started for them, and for the account at large under user ''."""

    times: defaultdict[tuple[str, str, str], list[datetime]] = field(
        default_factory=lambda: defaultdict(list)
    )
    paused: frozenset[str] = frozenset()  # plays that start for nobody

    def note(self, account_id: str, play: str, user_id: str, at: datetime) -> None:
        """One more start, of the user and of the account."""
        for subject in {user_id, ""}:
            self.times[(account_id, play, subject)].append(at)


def of_accounts(
    session: Session, workspace_id: str, accounts: Collection[str], plays: Collection[str]
) -> Starts:
    """The starts of these plays in these accounts."""
    rows = session.execute(
        select(PlayRun.account_id, PlayRun.play, PlayRun.user_id, PlayRun.started_at).where(
            PlayRun.workspace_id == workspace_id,
            PlayRun.account_id.in_(accounts),
            PlayRun.play.in_(plays),
        )
    )
    found = Starts(paused=frozenset(play_pauses.of_workspace(session, workspace_id)))
    for account_id, play, user_id, at in rows:
        found.note(account_id, play, user_id, at)
    return found
