"""The database's clock: the one clock that every worker on every machine shares."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session


def ahead(session: Session, now: datetime) -> timedelta:
    """How far the database's clock is ahead of `now`. SQLite has no clock of its own: zero."""
    if session.get_bind().dialect.name == "sqlite":
        return timedelta(0)
    theirs: datetime = session.execute(text("select clock_timestamp()")).scalar_one()
    return theirs - now
