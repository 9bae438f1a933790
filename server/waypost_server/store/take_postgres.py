"""Take events in on PostgreSQL: one statement, one round trip.

Each part inserts in key order, so that parallel batches wait for each other but never deadlock. People and
memberships are written only when something about them changes: an upsert that changes nothing would still
write to the page.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from waypost_server.store.bulk import array_literal
from waypost_server.store.take_rows import Batch, Row, Taken, tally
from waypost_server.store.times import read_time
from waypost_server.store.usage import TotalRow

ROWS = """
with given as materialized (
  -- the inner selects hide the arrays' lengths from the planner, so that it keeps one plan for all
  select * from unnest(
    (select %(message_id)s::text[]), (select %(account_id)s::text[]), (select %(user_id)s::text[]),
    (select %(type)s::text[]), (select %(name)s::text[]), (select %(feature)s::text[]),
    (select %(ts)s::timestamptz[]), (select %(day)s::date[]), (select %(body)s::text[]),
    (select %(role)s::text[]), (select %(role_at)s::text[]), (select %(hold)s::boolean[]))
  as r(message_id, account_id, user_id, type, name, feature, ts, day, body, role, role_at, hold)
),
fresh as (
  insert into event_key (workspace_id, message_id, received_at)
  select %(workspace_id)s::text, message_id, %(received_at)s::timestamptz from given
  on conflict (workspace_id, message_id) do nothing
  returning message_id
),
logged as (
  insert into event
    (workspace_id, account_id, user_id, message_id, type, name, feature, ts, received_at, trust, body)
  select %(workspace_id)s::text, g.account_id, g.user_id, g.message_id, g.type, g.name, g.feature, g.ts,
    %(received_at)s::timestamptz, %(trust)s::text, g.body
  from given g join fresh f on f.message_id = g.message_id
),
counted as (
  insert into ingest_day (workspace_id, day, shard, accepted, duplicate, quarantined)
  select %(workspace_id)s::text, %(received_day)s::date, %(shard)s::int, count(*),
    %(duplicate)s::bigint - count(*), %(quarantined)s::bigint
  from fresh
  on conflict (workspace_id, day, shard) do update set
    accepted = ingest_day.accepted + excluded.accepted,
    duplicate = ingest_day.duplicate + excluded.duplicate,
    quarantined = ingest_day.quarantined + excluded.quarantined
)
"""
FOLD = """,
used as materialized (
  select g.account_id, g.user_id, g.feature, g.ts, g.day, g.role, g.role_at, g.hold
  from given g join fresh f on f.message_id = g.message_id
),
days as (
  insert into usage_day (workspace_id, account_id, user_id, feature, day, count)
  select %(workspace_id)s::text, account_id, user_id, feature, day, count(*)
  from used where feature is not null and user_id <> ''
  group by account_id, user_id, feature, day order by account_id, user_id, feature, day
  on conflict (workspace_id, account_id, user_id, feature, day)
  do update set count = usage_day.count + excluded.count
),
totals as (
  insert into usage_total (workspace_id, account_id, user_id, feature, first_at, last_at, total)
  select %(workspace_id)s::text, account_id, user_id, feature, min(ts), max(ts), count(*)
  from used where feature is not null and user_id <> ''
  group by account_id, user_id, feature order by account_id, user_id, feature
  on conflict (workspace_id, account_id, user_id, feature) do update set
    total = usage_total.total + excluded.total,
    first_at = least(usage_total.first_at, excluded.first_at),
    last_at = greatest(usage_total.last_at, excluded.last_at)
  returning account_id, user_id, feature, first_at, last_at, total
),
people as (
  insert into end_user (workspace_id, id, trust, first_day, last_day)
  select %(workspace_id)s::text, p.user_id, %(trust)s::text, p.first_day, p.last_day
  from (select user_id, min(day) as first_day, max(day) as last_day, bool_or(hold) as hold
        from used where user_id <> '' group by user_id) p
  left join lateral (select trust, first_day, last_day from end_user
                     where workspace_id = %(workspace_id)s::text and id = p.user_id offset 0) k on true
  where k.trust is null or p.hold or p.first_day < k.first_day or p.last_day > k.last_day
    or (k.trust = 'asserted' and %(trust)s::text <> 'asserted') or (k.trust = 'verified' and %(trust)s::text = 'server')
  order by p.user_id
  on conflict (workspace_id, id) do update set
    trust = case when excluded.trust = 'server' or end_user.trust = 'asserted'
                 then excluded.trust else end_user.trust end,
    first_day = least(end_user.first_day, excluded.first_day),
    last_day = greatest(end_user.last_day, excluded.last_day)
),
members as (
  insert into membership (workspace_id, account_id, user_id, role, role_at, first_day, last_day)
  select %(workspace_id)s::text, p.account_id, p.user_id, p.role, p.role_at, p.first_day, p.last_day
  from (select account_id, user_id, min(day) as first_day, max(day) as last_day, max(role_at collate "C") as role_at,
          (array_agg(role order by role_at collate "C" desc nulls last))[1] as role
        from used where user_id <> '' and account_id <> '' group by account_id, user_id) p
  left join lateral (select first_day, last_day from membership where workspace_id = %(workspace_id)s::text
                     and account_id = p.account_id and user_id = p.user_id offset 0) k on true
  where k.first_day is null or p.role_at is not null
    or p.first_day < k.first_day or p.last_day > k.last_day
  order by p.account_id, p.user_id
  on conflict (workspace_id, account_id, user_id) do update set
    role = case when coalesce(excluded.role_at, '') collate "C" > coalesce(membership.role_at, '')
                then excluded.role else membership.role end,
    role_at = case when coalesce(excluded.role_at, '') collate "C" > coalesce(membership.role_at, '')
                   then excluded.role_at else membership.role_at end,
    first_day = least(membership.first_day, excluded.first_day),
    last_day = greatest(membership.last_day, excluded.last_day)
),
touched as (
  insert into account (workspace_id, id, touched, first_day, last_day)
  select %(workspace_id)s::text, account_id, 1, min(day), max(day)
  from used where account_id <> '' group by account_id order by account_id
  on conflict (workspace_id, id) do update set
    touched = account.touched + 1,
    first_day = least(account.first_day, excluded.first_day),
    last_day = greatest(account.last_day, excluded.last_day)
  where account.evaluated >= account.touched or account.lease_until is not null
    or account.first_day is null or excluded.first_day < account.first_day
    or account.last_day is null or excluded.last_day > account.last_day
)
"""
ANSWER = """
select
  case when (select count(*) from fresh) = cardinality(%(message_id)s::text[]) then null
       else (select coalesce(json_agg(message_id), '[]') from fresh) end,
"""
NO_TOTALS = "  null"
TOTALS = """
  (select json_agg(json_build_array(account_id, user_id, feature, first_at, last_at, total)) from totals
   where feature = any(%(milestone_features)s::text[]))
"""
PLACE = re.compile(r"%\((\w+)\)s")


def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """`%(name)s` to `$1` once, here: the driver would do it again for each call of a text this long."""
    names = tuple(dict.fromkeys(PLACE.findall(sql)))
    return PLACE.sub(lambda match: f"${names.index(match[1]) + 1}", sql).encode(), names


KEEP_ONLY = _numbered(ROWS + ANSWER + NO_TOTALS)
KEEP_AND_FOLD = _numbered(ROWS + FOLD + ANSWER + TOTALS)


def take(session: Session, batch: Batch) -> Taken:
    """See `store.take.take`."""
    rows = sorted(batch.rows)  # by messageId, which is the first field and differs
    columns = zip(*rows, strict=True) if rows else ((),) * len(Row._fields)
    parameters = {
        **{name: array_literal(column) for name, column in zip(Row._fields, columns, strict=True)},
        "workspace_id": batch.workspace_id,
        "received_at": batch.received_at,
        "received_day": batch.received_day,
        "trust": batch.trust,
        "shard": batch.shard,
        "duplicate": batch.duplicate + len(batch.rows),
        "quarantined": batch.quarantined,
        "milestone_features": array_literal(batch.milestone_features),
    }
    found, totals = _run(session, KEEP_AND_FOLD if batch.folds else KEEP_ONLY, parameters)
    new = frozenset((row.message_id for row in batch.rows) if found is None else found)
    return Taken(new, _added(batch, new), tuple(_total(*each) for each in totals or ()))


def _added(batch: Batch, new: frozenset[str]) -> tuple[TotalRow, ...]:
    """Summed up here: the statement can tell what stands now, or what was added, and not both."""
    if not batch.folds:
        return ()
    rows = [row for row in batch.rows if row.feature in batch.milestone_features]
    return tuple(tally(row for row in rows if row.message_id in new)[1])


def _run(
    session: Session, statement: tuple[bytes, tuple[str, ...]], parameters: dict[str, Any]
) -> tuple[Any, Any]:
    """Through the driver itself: in a transaction, BEGIN and the statement travel together."""
    sql, names = statement
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        cursor = psycopg.RawCursor(driver)
        with nullcontext() if driver.autocommit else driver.pipeline():
            cursor.execute(sql, [parameters[name] for name in names], prepare=True)
        row = cursor.fetchone()
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate()
        raise DBAPIError.instance("take", None, error, psycopg.Error, dialect=connection.dialect) from error
    assert row is not None
    return row[0], row[1]


def _total(account_id: str, user_id: str, feature: str, *rest: Any) -> TotalRow:
    first_at, last_at, total = rest
    return TotalRow(account_id, user_id, feature, read_time(first_at), read_time(last_at), total)
