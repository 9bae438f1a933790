"""Monthly partitions of the event log on PostgreSQL: made ahead, so that no insert waits for one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text


def ensure(connection: Connection, today: date, *, months_ahead: int = 2) -> None:
    """Make this month's partition and the next ones if they are missing. SQLite: nothing to do."""
    if connection.dialect.name != "postgresql":
        return
    start = today.replace(day=1)
    for _ in range(months_ahead + 1):
        end = _next_month(start)
        connection.execute(
            text(
                f"create table if not exists event_{start:%Y_%m} partition of event "
                f"for values from ('{start.isoformat()}') to ('{end.isoformat()}')"
            )
        )
        start = end


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
