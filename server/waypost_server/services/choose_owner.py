"""Whose a new task is: the account's owner's, or that of whoever has least. Who is away gets none."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from waypost_server.domain.absence import away_words
from waypost_server.domain.local_day import zone_of
from waypost_server.store import person_settings, tasks
from waypost_server.store.tables import ConsoleUser


def choose_owner(
    session: Session, workspace_id: str, account_owner: str | None, *, now: datetime, zone: tzinfo
) -> tuple[ConsoleUser | None, str]:
    """(who gets it, why the account's owner does not). None when nobody is here; `zone` is the workspace's.

    The words are '' unless the account's owner is away.
    """
    away = {}
    for person in person_settings.with_absence(session, workspace_id):
        own = zone_of(person.timezone, zone) if person.timezone else zone
        words = away_words(person.away_until, now, own)
        if words:
            away[person.id] = f"{person.name} is {words}."
    owner = None if account_owner in away else account_owner
    return tasks.owner_for(session, workspace_id, owner, but=away), away.get(account_owner or "", "")
