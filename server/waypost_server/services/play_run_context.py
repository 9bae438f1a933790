"""What a step needs to know: the run, its play and release, the account as it is now, and why it began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Play
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import Account, PlayRun, Signal


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run in the middle of a transaction that holds the account's row."""

    session: Session
    runtime: Runtime
    release: LiveRelease
    run: PlayRun
    play: Play
    account: Account
    signal: Signal | None
    now: datetime
    tz: tzinfo

    @property
    def workspace_id(self) -> str:
        """The workspace everything here belongs to."""
        return self.run.workspace_id

    @property
    def user_id(self) -> str:
        """The user the run is about; '' when it is about the account."""
        return self.run.user_id or (self.signal.user_id if self.signal else "")
