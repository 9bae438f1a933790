"""People, as ingest writes them: days, trust, and traits by last writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import EndUser

FETCH = 5_000
SEEN = bulk.columns("id, trust, first_day date, last_day date")
SEE = """
insert into end_user (workspace_id, id, trust, first_day, last_day)
select {0}, r.id, r.trust, r.first_day, r.last_day from {rows} where true
on conflict (workspace_id, id) do update set
  trust = case when excluded.trust = 'server' or end_user.trust = 'asserted'
               then excluded.trust else end_user.trust end,
  first_day = case when excluded.first_day < end_user.first_day
                   then excluded.first_day else end_user.first_day end,
  last_day = case when excluded.last_day > end_user.last_day
                  then excluded.last_day else end_user.last_day end
where excluded.first_day < end_user.first_day or excluded.last_day > end_user.last_day
  or (end_user.trust = 'asserted' and excluded.trust <> 'asserted')
  or (end_user.trust = 'verified' and excluded.trust = 'server')
"""


class Seen(NamedTuple):
    """A person who was active; `trust` is the best evidence of who it was."""

    id: str
    trust: str
    first_day: date
    last_day: date


def see(session: Session, workspace_id: str, seen: Iterable[Seen]) -> None:
    """Add users, or widen them where that changes anything."""
    bulk.run(session, SEE, SEEN, sorted(seen), (workspace_id,))


def ids(session: Session, workspace_id: str) -> Iterator[str]:
    """Everybody's id, a few thousand in memory at a time."""
    query = select(EndUser.id).where(EndUser.workspace_id == workspace_id)
    yield from session.scalars(query.execution_options(yield_per=FETCH))


def traits(session: Session, workspace_id: str, user_ids: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Traits and stamps by user."""
    rows = session.execute(
        select(EndUser.id, EndUser.traits, EndUser.traits_at).where(
            EndUser.workspace_id == workspace_id, EndUser.id.in_(user_ids)
        )
    )
    return {user_id: (values, stamps) for user_id, values, stamps in rows}


def set_profiles(session: Session, workspace_id: str, profiles: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows of traits with what is read from them; the caller holds the rows' locks."""
    if profiles:
        session.execute(update(EndUser), [{"workspace_id": workspace_id, **each} for each in profiles])
