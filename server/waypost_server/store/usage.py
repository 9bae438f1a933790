"""Daily counts and totals of feature use, added to in the ingest transaction.

`+=` is safe because the event's key is in the same transaction: an event is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.times import read_day, read_time

DAY = bulk.columns("account_id, user_id, feature, day date, count bigint")
ADD_DAYS = """
insert into usage_day (workspace_id, account_id, user_id, feature, day, count)
select {0}, r.account_id, r.user_id, r.feature, r.day, r.count from {rows} where true
on conflict (workspace_id, account_id, user_id, feature, day)
do update set count = usage_day.count + excluded.count
"""
TOTAL = bulk.columns("account_id, user_id, feature, first_at timestamptz, last_at timestamptz, total bigint")
ADD_TOTALS = """
insert into usage_total (workspace_id, account_id, user_id, feature, first_at, last_at, total)
select {0}, r.account_id, r.user_id, r.feature, r.first_at, r.last_at, r.total from {rows} where true
on conflict (workspace_id, account_id, user_id, feature) do update set
  total = usage_total.total + excluded.total,
  first_at = case when excluded.first_at < usage_total.first_at then excluded.first_at
                  else usage_total.first_at end,
  last_at = case when excluded.last_at > usage_total.last_at then excluded.last_at
                 else usage_total.last_at end
"""
AS_THEY_STAND = "returning account_id, user_id, feature, first_at, last_at, total"
SUBJECT = bulk.columns("account_id, user_id, feature")
USER_TOTALS = """
select t.account_id, t.user_id, t.feature, t.first_at, t.last_at, t.total from {rows}
cross join usage_total t where t.workspace_id = {0} and t.account_id = r.account_id and t.user_id = r.user_id
  and t.feature = r.feature
"""
ACCOUNT_TOTALS = """
select t.account_id, '' as user_id, t.feature, min(t.first_at), max(t.last_at), sum(t.total) from {rows}
cross join usage_total t where t.workspace_id = {0} and t.account_id = r.account_id and t.feature = r.feature
group by t.account_id, t.feature
"""
USER_DAYS = """
select d.account_id, d.user_id, d.feature, d.day, d.count from {rows}
cross join usage_day d where d.workspace_id = {0} and d.account_id = r.account_id and d.user_id = r.user_id
  and d.feature = r.feature
"""
ACCOUNT_DAYS = """
select d.account_id, '' as user_id, d.feature, d.day, sum(d.count) from {rows}
cross join usage_day d where d.workspace_id = {0} and d.account_id = r.account_id and d.feature = r.feature
group by d.account_id, d.feature, d.day
"""


class DayRow(NamedTuple):
    """Uses of a feature on a day, to add."""

    account_id: str
    user_id: str
    feature: str
    day: date
    uses: int


class TotalRow(NamedTuple):
    """Uses of a feature, ever. For an account as a whole `user_id` is ''."""

    account_id: str
    user_id: str
    feature: str
    first_at: datetime
    last_at: datetime
    total: int


def add_days(session: Session, workspace_id: str, rows: Iterable[DayRow]) -> None:
    """Add to the daily counts. Takes the rows in key order, so that batches never deadlock."""
    bulk.run(session, ADD_DAYS, DAY, sorted(rows), (workspace_id,))


def add_totals(
    session: Session, workspace_id: str, rows: Iterable[TotalRow], wanted: Container[str]
) -> list[TotalRow]:
    """Add to the totals, in key order; returns the rows of the `wanted` features as they stand now."""
    told: list[TotalRow] = []
    untold: list[TotalRow] = []
    for row in sorted(rows):
        (told if row.feature in wanted else untold).append(row)
    bulk.run(session, ADD_TOTALS, TOTAL, untold, (workspace_id,))
    return [
        _total(*row) for row in bulk.run(session, ADD_TOTALS + AS_THEY_STAND, TOTAL, told, (workspace_id,))
    ]


def user_totals(
    session: Session, workspace_id: str, subjects: Sequence[tuple[str, str, str]]
) -> list[TotalRow]:
    """Totals of (account, user, feature)."""
    return [_total(*row) for row in bulk.run(session, USER_TOTALS, SUBJECT, subjects, (workspace_id,))]


def account_totals(
    session: Session, workspace_id: str, subjects: Sequence[tuple[str, str, str]]
) -> list[TotalRow]:
    """Totals of (account, '', feature) over everybody in the account."""
    return [_total(*row) for row in bulk.run(session, ACCOUNT_TOTALS, SUBJECT, subjects, (workspace_id,))]


def user_days(session: Session, workspace_id: str, subjects: Sequence[tuple[str, str, str]]) -> list[DayRow]:
    """Daily counts of (account, user, feature)."""
    return [_day(*row) for row in bulk.run(session, USER_DAYS, SUBJECT, subjects, (workspace_id,))]


def account_days(
    session: Session, workspace_id: str, subjects: Sequence[tuple[str, str, str]]
) -> list[DayRow]:
    """Daily counts of (account, '', feature) over everybody in the account."""
    return [_day(*row) for row in bulk.run(session, ACCOUNT_DAYS, SUBJECT, subjects, (workspace_id,))]


def _total(account_id: str, user_id: str, feature: str, *rest: Any) -> TotalRow:
    first_at, last_at, total = rest
    return TotalRow(account_id, user_id, feature, read_time(first_at), read_time(last_at), int(total))


def _day(account_id: str, user_id: str, feature: str, day: date | str, count: int) -> DayRow:
    return DayRow(account_id, user_id, feature, read_day(day), int(count))
