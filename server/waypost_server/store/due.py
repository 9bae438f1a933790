"""Claims: which accounts, runs and deliveries a worker holds, and until when.

A claim is a lease with a fence: a random token that every later write must carry. A worker that comes back
from the dead finds another token and can do no harm. Claims are counted when they are made, because a
worker that dies says nothing; a row claimed more than five times without an end is parked. What an outage of
the database ended is taken off the count again, see `services/outage.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store import bulk, stops
from waypost_server.store.open_deliveries import is_open
from waypost_server.store.play_pauses import not_paused
from waypost_server.store.tables import Account, Delivery, PlayRun, Workspace
from waypost_server.store.written import written

MAX_CLAIMS = 5
Row = Account | PlayRun | Delivery


class Claimed(NamedTuple):
    """A row that a worker holds."""

    table: type[Row]
    workspace_id: str
    id: str


def _of(table: Any, workspace_id: str) -> ColumnElement[bool]:
    """A row of the workspace. An expression, not the column: SQLite, which keeps no statistics, would walk
    every row of the workspace, due or not, along an index that begins with it."""
    return _place(table) == workspace_id


def _place(table: Any) -> ColumnElement[str]:
    return func.coalesce(table.workspace_id, "")


def _free(table: Any, now: datetime) -> ColumnElement[bool]:
    return and_(
        or_(table.lease_until.is_(None), table.lease_until <= now),
        table.claims < MAX_CLAIMS,
    )


def workspaces_with_due_accounts(session: Session, now: datetime) -> list[str]:
    """Workspaces in which an account is due, in order of id."""
    return _workspaces(session, Account, and_(_account_due(now), _free(Account, now)))


def workspaces_with_due_runs(session: Session, now: datetime) -> list[str]:
    """Workspaces in which a run is due."""
    return _workspaces(
        session, PlayRun, and_(PlayRun.due_at <= now, _free(PlayRun, now), not_paused(PlayRun))
    )


def workspaces_with_due_deliveries(session: Session, now: datetime) -> list[str]:
    """Workspaces that may send (no kill switch is thrown) and have something to send."""
    if stops.standing(session, stops.EVERYWHERE):
        return []
    return _workspaces(session, Delivery, and_(_delivery_due(now), _sending(), not_paused(Delivery)))


def next_delivery(session: Session, *, after: datetime, until: datetime) -> datetime | None:
    """When the first message becomes due in this time; None = none does."""
    return session.scalar(
        select(func.min(Delivery.not_before)).where(
            is_open(), Delivery.state == "pending", Delivery.not_before > after, Delivery.not_before <= until
        )
    )


class LeftBehind(NamedTuple):
    """How many due rows of each workspace were claimed before without an end, and are free again."""

    accounts: dict[str, int]
    runs: dict[str, int]
    deliveries: dict[str, int]


def left_behind(session: Session, now: datetime) -> LeftBehind:
    """What dead workers held. Looks at all that is due, so it is not for every claim."""
    return LeftBehind(
        _claimed(session, Account, and_(_account_due(now), _free(Account, now))),
        _claimed(session, PlayRun, and_(PlayRun.due_at <= now, _free(PlayRun, now), not_paused(PlayRun))),
        _claimed(session, Delivery, and_(_delivery_due(now), _sending(), not_paused(Delivery))),
    )


def _claimed(session: Session, table: Any, due: ColumnElement[bool]) -> dict[str, int]:
    workspace_id = _place(table)
    rows = session.execute(
        select(workspace_id, func.count()).where(due, table.claims > 0).group_by(workspace_id)
    )
    return {row[0]: row[1] for row in rows}


def claim_accounts(
    session: Session, workspace_id: str, *, now: datetime, limit: int, lease_until: datetime, fence: str
) -> list[Account]:
    """Lease up to `limit` due accounts, or one that was claimed before, alone."""
    due = [
        _of(Account, workspace_id),
        _account_due(now, Account.workspace_id == workspace_id),
        _free(Account, now),
    ]
    ids = _choose(session, Account, due, limit)
    rows = _lease(session, Account, workspace_id, ids, lease_until=lease_until, fence=fence)
    return sorted(rows, key=lambda row: row.id)


def claim_runs(
    session: Session, workspace_id: str, *, now: datetime, limit: int, lease_until: datetime, fence: str
) -> list[PlayRun]:
    """Lease up to `limit` due runs, the longest due first."""
    due = [
        _of(PlayRun, workspace_id),
        PlayRun.due_at <= now,
        _free(PlayRun, now),
        not_paused(PlayRun),
    ]
    ids = _choose(session, PlayRun, due, limit, PlayRun.due_at)
    return _lease(session, PlayRun, workspace_id, ids, lease_until=lease_until, fence=fence)


def claim_deliveries(
    session: Session, workspace_id: str, *, now: datetime, limit: int, lease_until: datetime, fence: str
) -> list[Delivery]:
    """Lease up to `limit` pending deliveries whose time has come, the longest due first."""
    if stops.standing(session, workspace_id):
        return []
    due = [_of(Delivery, workspace_id), _delivery_due(now), not_paused(Delivery)]
    ids = _choose(session, Delivery, due, limit, Delivery.not_before)
    return _lease(
        session,
        Delivery,
        workspace_id,
        ids,
        lease_until=lease_until,
        fence=fence,
        state="sending",
        phase="pre",
    )


def look_at_everybody(session: Session, workspace_id: str, *, now: datetime) -> None:
    """Make every account of a workspace due: what they are judged by has changed."""
    session.execute(
        update(Account)
        .where(Account.workspace_id == workspace_id, or_(Account.check_at.is_(None), Account.check_at > now))
        .values(check_at=now)
        .execution_options(synchronize_session=False)
    )


class Evaluated(NamedTuple):
    """What an evaluation says of an account."""

    id: str
    evaluated: int
    check_at: datetime | None
    segment: str | None
    motion: str
    next_step: str | None
    adoption: str | None
    adoption_score: float | None
    unmet_behaviours: int | None


EVALUATED = bulk.columns(
    "id, evaluated bigint, check_at timestamptz, segment, motion, next_step, adoption, adoption_score float8,"
    " unmet_behaviours integer"
)
END = f"""
update account set {", ".join(f"{each.name} = r.{each.name}" for each in EVALUATED[1:])},
  lease_until = null, fence = null, claims = 0
from {{rows}} where account.workspace_id = coalesce({{0}}, r.id) and account.id = r.id and account.fence = {{1}}
"""


def hold_accounts(
    session: Session, workspace_id: str, account_ids: Collection[str], *, fence: str
) -> set[str]:
    """Lock those of the accounts that this claim still holds, in the order in which everybody locks them."""
    query = select(Account.id).where(
        Account.workspace_id == workspace_id, Account.id.in_(account_ids), Account.fence == fence
    )
    return set(session.scalars(query.order_by(Account.id).with_for_update()))


def end_account_claims(
    session: Session, workspace_id: str, found: Sequence[Evaluated], *, fence: str
) -> None:
    """Write what a batch's evaluation says, and give the accounts back. They are held: see `hold_accounts`."""
    bulk.run(session, END, EVALUATED, found, (workspace_id, fence))


def end_account_claim(
    session: Session, workspace_id: str, account_id: str, *, fence: str, values: dict[str, Any]
) -> bool:
    """Write an evaluation's result and give the account back; False when another worker holds it now."""
    return bool(
        written(
            session,
            update(Account)
            .where(Account.workspace_id == workspace_id, Account.id == account_id, Account.fence == fence)
            .values(lease_until=None, fence=None, claims=0, **values)
            .execution_options(synchronize_session=False),
        )
    )


def uncount(session: Session, claimed: Claimed) -> None:
    """A claim ended without the row's fault. The first one stays counted, so that the row is claimed alone."""
    table = claimed.table
    session.execute(
        update(table)
        .where(table.workspace_id == claimed.workspace_id, table.id == claimed.id, table.claims > 1)
        .values(claims=table.claims - 1)
        .execution_options(synchronize_session=False)
    )


def is_parked(now: datetime, where: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """An account that is due and was claimed five times without an end; a person has to look."""
    return and_(_account_due(now, where), Account.claims >= MAX_CLAIMS, Account.lease_until <= now)


def parked_accounts(session: Session, workspace_id: str, *, now: datetime, limit: int = 50) -> list[Account]:
    """The parked accounts of a workspace, by id."""
    where = is_parked(now, Account.workspace_id == workspace_id)
    query = select(Account).where(_of(Account, workspace_id), where).order_by(Account.id).limit(limit)
    return list(session.scalars(query))


def free_parked_account(session: Session, workspace_id: str, account_id: str, *, now: datetime) -> bool:
    """Let workers claim a parked account again; False when it is not parked."""
    return bool(
        written(
            session,
            update(Account)
            .where(Account.workspace_id == workspace_id, Account.id == account_id, is_parked(now))
            .values(claims=0, lease_until=None, fence=None)
            .execution_options(synchronize_session=False),
        )
    )


def _account_due(now: datetime, where: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """Touched since it was looked at, or its time has come: an index for each, which SQLite takes together only
    when the first names its column too."""
    somewhere = Account.workspace_id > "" if where is None else where
    return or_(and_(somewhere, Account.evaluated < Account.touched), Account.check_at <= now)


def _delivery_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        is_open(),
        Delivery.state == "pending",
        Delivery.not_before <= now,
        Delivery.claims < MAX_CLAIMS,
    )


def _sending() -> ColumnElement[bool]:
    return _place(Delivery).in_(select(Workspace.id).where(Workspace.sending.is_(True)))


def _workspaces(session: Session, table: Any, due: ColumnElement[bool]) -> list[str]:
    return sorted(session.scalars(select(_place(table)).where(due).distinct()))


def _choose(
    session: Session, table: Any, due: Sequence[ColumnElement[bool]], limit: int, order: Any = None
) -> list[str]:
    """Up to `limit` fresh rows; or one that was claimed before without an end, alone.

    Its worker died, maybe of it: alone it cannot take others down a second time. A claim of several takes
    such a row when there is nothing fresh, a claim of one takes it first: see `left_behind`.
    """
    fresh, again = [*due, table.claims == 0], [*due, table.claims > 0]
    if limit == 1:
        return _pick(session, table, again, 1, order) or _pick(session, table, fresh, 1, order)
    return _pick(session, table, fresh, limit, order) or _pick(session, table, again, 1, order)


def _pick(
    session: Session, table: Any, conditions: Sequence[ColumnElement[bool]], limit: int, order: Any
) -> list[str]:
    query = select(table.id).where(*conditions).limit(limit).with_for_update(skip_locked=True, of=table)
    if order is not None:
        query = query.order_by(order)
    return list(session.scalars(query))


def _lease(session: Session, table: Any, workspace_id: str, ids: Sequence[str], **values: Any) -> list[Any]:
    """Mark the picked rows as held. The picking query has locked them (SQLite: the whole database)."""
    if not ids:
        return []
    statement = (
        update(table)
        .where(table.workspace_id == workspace_id, table.id.in_(ids))
        .values(claims=table.claims + 1, **values)
        .returning(table)
    )
    rows = session.scalars(statement, execution_options={"synchronize_session": False})
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]
