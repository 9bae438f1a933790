"""What came in per day, in shards so that parallel batches do not queue for one row."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from waypost_server.store import bulk

SHARDS = 16
OWN_SHARDS = range(SHARDS, 2 * SHARDS)  # of what Waypost itself makes: see `services.own_events`
COUNTS = bulk.columns("accepted bigint, duplicate bigint, quarantined bigint")
ADD = """
insert into ingest_day (workspace_id, day, shard, accepted, duplicate, quarantined)
select {0}, {1}, {2}, r.accepted, r.duplicate, r.quarantined from {rows} where true
on conflict (workspace_id, day, shard) do update set
  accepted = ingest_day.accepted + excluded.accepted,
  duplicate = ingest_day.duplicate + excluded.duplicate,
  quarantined = ingest_day.quarantined + excluded.quarantined
"""


class Counts(NamedTuple):
    """Events by what became of them."""

    accepted: int
    duplicate: int
    quarantined: int


def add(session: Session, workspace_id: str, day: date, counts: Counts, *, shard: int) -> None:
    """Add to the day's counts."""
    bulk.run(session, ADD, COUNTS, [counts], (workspace_id, day, shard))
