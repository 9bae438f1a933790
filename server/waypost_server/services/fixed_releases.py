"""One release that stays live, for playing a past or a possible course of events in a scratch database."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from sqlalchemy.orm import Session

from waypost_server.services.releases import LiveRelease, ReleaseCache, Standing
from waypost_server.store.database import Database

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class FixedReleases(ReleaseCache):
    """Answers with the same release and zone whatever the workspace, time or number."""

    def __init__(self, release: LiveRelease | None, zone: tzinfo) -> None:
        super().__init__(lambda: _NEVER)
        self._standing = Standing(release, zone)

    def standing(self, session: Session, workspace_id: str) -> Standing:
        """The release that stays."""
        return self._standing

    def glance(self, db: Database, workspace_id: str) -> Standing:
        """The same."""
        return self._standing

    def pinned(self, session: Session, workspace_id: str, number: int) -> LiveRelease:
        """The same: in here there is no other."""
        assert self._standing.release is not None  # nothing runs without a release
        return self._standing.release
