"""The event log, day by day: who did what how often. Spooled into a scratch database, bodies left behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.event_log import Logged
from waypost_server.store.times import read_time, time_text

AT_ONCE = 5_000
SLACK = timedelta(days=1)  # a clock that was ahead: received before it "happened"
SPOOL = """
create table spool (day integer, account_id text, user_id text, type text, name text, uses integer,
  first_at text, last_at text)
"""


class Deed(NamedTuple):
    """What one person did on one day in one account, by the name of the event or page."""

    account_id: str
    user_id: str
    type: str
    name: str
    uses: int
    first_at: datetime
    last_at: datetime


def spool(
    session: Session,
    scratch: Session,
    workspace_id: str,
    bounds: Sequence[datetime],
    *,
    proved: bool,
    accounts: Collection[str] | None,
) -> int:
    """Sum the log between the first and the last of `bounds` by the days they part; returns the events summed.

    `proved`: leave out what nobody vouched for, as a production workspace does. `accounts` None = all of them.
    """
    scratch.connection().exec_driver_sql(SPOOL)
    sqlite = bulk.is_sqlite(session.connection())
    statement = text(
        f"select {_day(0, len(bounds) - 2)} as day, account_id, user_id, type, name, count(*), min(ts), max(ts)"
        " from event where workspace_id = :ws and ts >= :b0 and ts < :end and received_at >= :since"
        f"{' and trust <> :asserted' if proved else ''}{_among(sqlite) if accounts is not None else ''}"
        " group by 1, 2, 3, 4, 5 order by 1"
    )
    time = time_text if sqlite else lambda at: at
    values = {
        "ws": workspace_id, "end": time(bounds[-1]), "since": time(bounds[0] - SLACK), "asserted": "asserted",
        **{f"b{i}": time(bound) for i, bound in enumerate(bounds[:-1])},
    }  # fmt: skip
    if accounts is not None:
        values["accounts"] = bulk.encode(sorted(accounts)).decode() if sqlite else sorted(accounts)
    if not sqlite:
        session.execute(text("set local statement_timeout = 0"))
    rows = iter(session.execute(statement, values, execution_options={"yield_per": AT_ONCE}))
    events = 0
    while chunk := [tuple(row) for row in islice(rows, AT_ONCE)]:
        events += sum(row[5] for row in chunk)
        stored = [(*row[:6], _text(row[6]), _text(row[7])) for row in chunk]
        scratch.connection().exec_driver_sql("insert into spool values (?, ?, ?, ?, ?, ?, ?, ?)", stored)
    scratch.connection().exec_driver_sql("create index ix_spool_day on spool (day)")
    return events


def _among(sqlite: bool) -> str:
    chosen = "in (select value from json_each(:accounts))" if sqlite else "= any(:accounts)"
    return f" and account_id {chosen}"


def _day(low: int, high: int) -> str:
    """SQL for the number of the day: halving, so that thirty days cost five comparisons a row."""
    if low == high:
        return str(low)
    middle = (low + high + 1) // 2
    return f"case when ts < :b{middle} then {_day(low, middle - 1)} else {_day(middle, high)} end"


def _text(value: Any) -> str:
    return time_text(read_time(value))


def deeds(scratch: Session, day: int) -> Iterator[Deed]:
    """What was done on a day."""
    rows = scratch.connection().exec_driver_sql(
        "select account_id, user_id, type, name, uses, first_at, last_at from spool where day = ?"
        " order by account_id, user_id",
        (day,),
    )
    for row in rows:
        account_id, user_id, kind, name, uses, first, last = row
        yield Deed(account_id, user_id, kind, name, uses, read_time(first), read_time(last))


def visits(scratch: Session, day: int) -> list[tuple[datetime, str, str]]:
    """(first moment, account, user) of everybody who was there on a day, in that order."""
    rows = scratch.connection().exec_driver_sql(
        "select min(first_at), account_id, user_id from spool where day = ? and user_id <> ''"
        " group by account_id, user_id order by 1, 2, 3",
        (day,),
    )
    return [(read_time(at), account_id, user_id) for at, account_id, user_id in rows]


SAID = """
create table said (day integer, message_id text, account_id text, user_id text, type text, name text,
  feature text, ts text, received_at text, trust text, body text)
"""


def spool_said(scratch: Session, rows: Iterable[Logged], day_of: Callable[[datetime], int]) -> None:
    """Keep what sets traits and roles, with its body, for `said`."""
    scratch.connection().exec_driver_sql(SAID)
    rows = iter(rows)
    while chunk := list(islice(rows, AT_ONCE)):
        stored = [
            (day_of(row.ts), *row[:6], _text(row.ts), _text(row.received_at), row.trust, row.body)
            for row in chunk
        ]
        scratch.connection().exec_driver_sql("insert into said values (?,?,?,?,?,?,?,?,?,?,?)", stored)
    scratch.connection().exec_driver_sql("create index ix_said_day on said (day)")


def said(scratch: Session, day: int) -> list[Logged]:
    """What was said on a day, in its order."""
    rows = scratch.connection().exec_driver_sql(
        "select message_id, account_id, user_id, type, name, feature, ts, received_at, trust, body from said"
        " where day = ? order by ts",
        (day,),
    )
    return [Logged._make((*row[:6], read_time(row[6]), read_time(row[7]), *row[8:])) for row in rows]
