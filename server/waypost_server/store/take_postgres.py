"""Take events in on PostgreSQL: two statements, two round trips.

Rows travel as columns: text joined by a control character that no id, name or JSON text can hold, numbers
and days as arrays. `select unnest(a), unnest(b)` reads them in step without a copy, which
`from unnest(a, b)` would make for each column. Every part inserts in key order, so that parallel batches
wait for each other but never deadlock. People and memberships are written only when something about them
changes: an upsert that changes nothing would still write to the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.bulk import array_literal
from waypost_server.store.take_rows import Batch, Row
from waypost_server.store.take_sums import Sums
from waypost_server.store.usage import TotalRow

BETWEEN = "\x01"  # between two values
ABSENT = "\x02"  # null

KEYS = """
with fresh as (
  insert into event_key (workspace_id, message_id, received_at)
  select %(workspace_id)s::text, unnest(<message_id>), %(received_at)s::timestamptz
  on conflict (workspace_id, message_id) do nothing
  returning message_id
)
select case when count(*) = %(given)s::bigint then null
            else coalesce(string_agg(message_id, E'\\x01'), '') end from fresh
"""
LOG = """
with logged as (
  insert into event
    (workspace_id, account_id, user_id, message_id, type, name, feature, ts, received_at, trust, body)
  select %(workspace_id)s::text, coalesce(r.account_id, ''), coalesce(r.user_id, ''), r.message_id, r.type,
    coalesce(r.name, ''), r.feature, to_timestamp(r.ts), %(received_at)s::timestamptz, %(trust)s::text, r.body
  from (select unnest(<account_id>) as account_id, unnest(<user_id>) as user_id,
          unnest(<message_id>) as message_id, unnest(<type>) as type, unnest(<name>) as name,
          unnest(<feature>) as feature, unnest(%(ts)s::float8[]) as ts, unnest(<body>) as body) r
),
counted as (
  insert into ingest_day (workspace_id, day, shard, accepted, duplicate, quarantined)
  values (%(workspace_id)s::text, %(received_day)s::date, %(shard)s::int, %(accepted)s::bigint,
    %(duplicate)s::bigint, %(quarantined)s::bigint)
  on conflict (workspace_id, day, shard) do update set
    accepted = ingest_day.accepted + excluded.accepted,
    duplicate = ingest_day.duplicate + excluded.duplicate,
    quarantined = ingest_day.quarantined + excluded.quarantined
)
"""
FOLD = """,
days as (
  insert into usage_day (workspace_id, account_id, user_id, feature, day, count)
  select %(workspace_id)s::text, coalesce(r.account_id, ''), r.user_id, r.feature, r.day, r.count
  from (select unnest(<day_account>) as account_id, unnest(<day_user>) as user_id,
          unnest(<day_feature>) as feature, unnest(%(day)s::date[]) as day,
          unnest(%(day_count)s::bigint[]) as count) r
  on conflict (workspace_id, account_id, user_id, feature, day)
  do update set count = usage_day.count + excluded.count
),
totals as (
  insert into usage_total (workspace_id, account_id, user_id, feature, first_at, last_at, total)
  select %(workspace_id)s::text, coalesce(r.account_id, ''), r.user_id, r.feature, to_timestamp(r.first_at),
    to_timestamp(r.last_at), r.total
  from (select unnest(<total_account>) as account_id, unnest(<total_user>) as user_id,
          unnest(<total_feature>) as feature, unnest(%(first_at)s::float8[]) as first_at,
          unnest(%(last_at)s::float8[]) as last_at, unnest(%(total)s::bigint[]) as total) r
  on conflict (workspace_id, account_id, user_id, feature) do update set
    total = usage_total.total + excluded.total,
    first_at = least(usage_total.first_at, excluded.first_at),
    last_at = greatest(usage_total.last_at, excluded.last_at)
  returning account_id, user_id, feature, first_at, last_at, total
),
people as (
  insert into end_user (workspace_id, id, trust, first_day, last_day)
  select %(workspace_id)s::text, p.user_id, %(trust)s::text, p.first_day, p.last_day
  from (select unnest(<person>) as user_id, unnest(%(person_first)s::date[]) as first_day,
          unnest(%(person_last)s::date[]) as last_day, unnest(%(hold)s::boolean[]) as hold) p
  left join lateral (select trust, first_day, last_day from end_user
                     where workspace_id = %(workspace_id)s::text and id = p.user_id offset 0) k on true
  where k.trust is null or p.hold or p.first_day < k.first_day or p.last_day > k.last_day
    or (k.trust = 'asserted' and %(trust)s::text <> 'asserted')
    or (k.trust = 'verified' and %(trust)s::text = 'server')
  on conflict (workspace_id, id) do update set
    trust = case when excluded.trust = 'server' or end_user.trust = 'asserted'
                 then excluded.trust else end_user.trust end,
    first_day = least(end_user.first_day, excluded.first_day),
    last_day = greatest(end_user.last_day, excluded.last_day)
),
members as (
  insert into membership (workspace_id, account_id, user_id, role, role_at, first_day, last_day)
  select %(workspace_id)s::text, p.account_id, p.user_id, p.role, p.role_at, p.first_day, p.last_day
  from (select unnest(<member_account>) as account_id, unnest(<member_user>) as user_id,
          unnest(%(role)s::text[]) as role, unnest(%(role_at)s::text[]) as role_at,
          unnest(%(member_first)s::date[]) as first_day, unnest(%(member_last)s::date[]) as last_day) p
  left join lateral (select first_day, last_day from membership where workspace_id = %(workspace_id)s::text
                     and account_id = p.account_id and user_id = p.user_id offset 0) k on true
  where k.first_day is null or p.role_at is not null
    or p.first_day < k.first_day or p.last_day > k.last_day
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
  select %(workspace_id)s::text, r.account_id, 1, r.first_day, r.last_day
  from (select unnest(<account>) as account_id, unnest(%(account_first)s::date[]) as first_day,
          unnest(%(account_last)s::date[]) as last_day) r
  on conflict (workspace_id, id) do update set
    touched = account.touched + 1,
    first_day = least(account.first_day, excluded.first_day),
    last_day = greatest(account.last_day, excluded.last_day)
  where account.evaluated >= account.touched or account.lease_until is not null
    or account.first_day is null or excluded.first_day < account.first_day
    or account.last_day is null or excluded.last_day > account.last_day
)
select account_id, user_id, feature, first_at, last_at, total from totals
where feature = any(string_to_array(%(milestone_features)s::text, E'\\x01'))
"""
KEEP = "select where false"
PLACE = re.compile(r"%\((\w+)\)s")
JOINED = re.compile(r"<(\w+)>")


def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """`<name>` and `%(name)s` to `$1` once, here: the driver would do it for each call of a text this long."""
    sql = JOINED.sub(r"string_to_array(%(\1)s::text, E'\\x01', E'\\x02')", sql)
    names = tuple(dict.fromkeys(PLACE.findall(sql)))
    return PLACE.sub(lambda match: f"${names.index(match[1]) + 1}", sql).encode(), names


TAKE_KEYS = _numbered(KEYS)
KEEP_ONLY = _numbered(LOG + KEEP)
KEEP_AND_FOLD = _numbered(LOG + FOLD)


def keep_new(
    session: Session, workspace_id: str, message_ids: Sequence[str], received_at: datetime
) -> set[str]:
    """Store the keys that are new and return them."""
    if not message_ids:
        return set()
    parameters = {
        "workspace_id": workspace_id,
        "message_id": BETWEEN.join(sorted(message_ids)),
        "received_at": received_at,
        "given": len(message_ids),
    }
    ((new,),) = _run(session, TAKE_KEYS, parameters)
    if new is None:
        return set(message_ids)
    return set(new.split(BETWEEN)) if new else set()


def put(session: Session, batch: Batch, fresh: Sequence[Row], sums: Sums) -> list[TotalRow]:
    """Append `fresh` to the log and add its sums; the milestones' totals as they stand now."""
    parameters = {
        "workspace_id": batch.workspace_id,
        "received_at": batch.received_at,
        "received_day": batch.received_day,
        "trust": batch.trust,
        "shard": batch.shard,
        "accepted": len(fresh),
        "duplicate": batch.duplicate + len(batch.rows) - len(fresh),
        "quarantined": batch.quarantined,
        **_log(fresh),
    }
    if not sums.accounts and not sums.people:
        _run(session, KEEP_ONLY, parameters)
        return []
    parameters |= {**_uses(sums), **_subjects(sums), "milestone_features": _joined(batch.milestone_features)}
    return [
        TotalRow(*subject, bulk.read_time(first), bulk.read_time(last), total)
        for *subject, first, last, total in _run(session, KEEP_AND_FOLD, parameters)
    ]


def _log(fresh: Sequence[Row]) -> dict[str, Any]:
    columns = list(zip(*fresh, strict=True)) if fresh else [()] * len(Row._fields)
    message_id, account_id, user_id, kind, name, feature, at, _, body, *_ = columns
    return {
        "message_id": BETWEEN.join(message_id),
        "account_id": BETWEEN.join(account_id),
        "user_id": BETWEEN.join(user_id),
        "type": BETWEEN.join(kind),
        "name": BETWEEN.join(name),
        "feature": _joined(feature),
        "ts": _times(at),
        "body": BETWEEN.join(body),
    }


def _uses(sums: Sums) -> dict[str, Any]:
    account, user, feature, day, count = _columns(sums.days, 5)
    total_account, total_user, total_feature, first, last, total = _columns(sums.totals, 6)
    return {
        "day_account": BETWEEN.join(account),
        "day_user": BETWEEN.join(user),
        "day_feature": BETWEEN.join(feature),
        "day": _days(day),
        "day_count": _array(count),
        "total_account": BETWEEN.join(total_account),
        "total_user": BETWEEN.join(total_user),
        "total_feature": BETWEEN.join(total_feature),
        "first_at": _times(first),
        "last_at": _times(last),
        "total": _array(total),
    }


def _subjects(sums: Sums) -> dict[str, Any]:
    person, _, person_first, person_last = _columns(sums.people, 4)
    account, first, last = _columns(sums.accounts, 3)
    member_account, member_user, role, role_at, member_first, member_last = _columns(sums.members, 6)
    return {
        "person": BETWEEN.join(person),
        "person_first": _days(person_first),
        "person_last": _days(person_last),
        "hold": _array("t" if each in sums.held else "f" for each in person),
        "member_account": BETWEEN.join(member_account),
        "member_user": BETWEEN.join(member_user),
        "role": array_literal(role),  # a role is any text, control characters too
        "role_at": array_literal(role_at),
        "member_first": _days(member_first),
        "member_last": _days(member_last),
        "account": BETWEEN.join(account),
        "account_first": _days(first),
        "account_last": _days(last),
    }


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _joined(values: Iterable[str | None]) -> str:
    return BETWEEN.join(ABSENT if each is None else each for each in values)


def _array(values: Iterable[Any]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _days(days: Sequence[date]) -> str:
    text = {day: day.isoformat() for day in set(days)}
    return "{" + ",".join([text[day] for day in days]) + "}"


def _times(times: Sequence[datetime]) -> str:
    """Seconds since 1970: a double holds microseconds exactly until the year 2255."""
    return "{" + ",".join([repr(at.timestamp()) for at in times]) + "}"


def _run(session: Session, statement: tuple[bytes, tuple[str, ...]], parameters: dict[str, Any]) -> Any:
    """Through the driver itself: at the start of a transaction, BEGIN and the statement travel together."""
    sql, names = statement
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    idle = driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    try:
        cursor = psycopg.RawCursor(driver)
        with driver.pipeline() if idle else nullcontext():
            cursor.execute(sql, [parameters[name] for name in names], prepare=True)
        return cursor.fetchall()
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate()
        raise DBAPIError.instance("take", None, error, psycopg.Error, dialect=connection.dialect) from error
