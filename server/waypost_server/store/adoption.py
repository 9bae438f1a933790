"""What adoption is judged by, for many accounts in few statements, and the scores that are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, func, literal, select
from sqlalchemy.orm import Session

from waypost_server.domain.adoption import Behaviour, PersonUse
from waypost_server.store import bulk
from waypost_server.store.tables import Account, AdoptionScore, Membership, UsageDay
from waypost_server.store.types import AnyRow

SCORE = bulk.columns(
    "account_id, definition, week date, version integer, segment, state, score float8, findings"
)
KEEP = """
insert into adoption_score
  (workspace_id, account_id, definition, week, version, segment, state, score, findings, scored_at)
select {0}, r.account_id, r.definition, r.week, r.version, r.segment, r.state, r.score, %s, {1}
from {rows} where true
on conflict (workspace_id, account_id, definition, week) do update set
  version = excluded.version, segment = excluded.segment, state = excluded.state, score = excluded.score,
  findings = excluded.findings, scored_at = excluded.scored_at
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the people of an account did, and in how many weeks the account did it."""

    people: Sequence[PersonUse]
    weeks: Mapping[str, int]


def measure(
    session: Session, workspace_id: str, accounts: Collection[str], behaviours: Sequence[Behaviour], on: date
) -> dict[str, Measured]:
    """Account → measured use as of the end of the day `on`, in three statements."""
    people = _people(session, workspace_id, accounts, on)
    uses = _uses(session, workspace_id, accounts, behaviours, on)
    weeks = _weeks(session, workspace_id, accounts, behaviours, on)
    return {
        account_id: Measured(
            [
                PersonUse(user_id, role, uses.get((account_id, user_id), {}))
                for user_id, role in people.get(account_id, ())
            ],
            weeks.get(account_id, {}),
        )
        for account_id in accounts
    }


def _people(
    session: Session, workspace_id: str, accounts: Collection[str], on: date
) -> dict[str, list[tuple[str, str | None]]]:
    rows = session.execute(
        select(Membership.account_id, Membership.user_id, Membership.role)
        .where(
            Membership.workspace_id == workspace_id,
            Membership.account_id.in_(accounts),
            Membership.first_day <= on,
        )
        .order_by(Membership.account_id, Membership.user_id)
    )
    found: dict[str, list[tuple[str, str | None]]] = {}
    for account_id, user_id, role in rows:
        found.setdefault(account_id, []).append((user_id, role))
    return found


def _uses(
    session: Session, workspace_id: str, accounts: Collection[str], behaviours: Sequence[Behaviour], on: date
) -> dict[tuple[str, str], dict[str, int]]:
    """Each person's uses or active weeks by behaviour; columns of one statement, so that it reads rows once."""
    columns = [_column(session, each, on).label(f"b{index}") for index, each in enumerate(behaviours)]
    longest = max(each.window_days for each in behaviours)
    rows = session.execute(
        select(UsageDay.account_id, UsageDay.user_id, *columns)
        .where(
            UsageDay.workspace_id == workspace_id,
            UsageDay.account_id.in_(accounts),
            UsageDay.feature.in_({each.feature for each in behaviours}),
            UsageDay.day > on - timedelta(days=longest),
            UsageDay.day <= on,
        )
        .group_by(UsageDay.account_id, UsageDay.user_id)
    )
    return {
        (row[0], row[1]): {
            each.key: int(value) for each, value in zip(behaviours, row[2:], strict=True) if value
        }
        for row in rows
    }


def _column(session: Session, behaviour: Behaviour, on: date) -> ColumnElement[Any]:
    inside = (UsageDay.feature == behaviour.feature) & (
        UsageDay.day > on - timedelta(days=behaviour.window_days)
    )
    if behaviour.weeks_active:
        return func.count(case((inside, _week(session, on))).distinct())
    return func.sum(case((inside, UsageDay.count), else_=0))


def _weeks(
    session: Session, workspace_id: str, accounts: Collection[str], behaviours: Sequence[Behaviour], on: date
) -> dict[str, dict[str, int]]:
    """Account → active weeks by behaviour, of those that ask for the account's own."""
    wanted = [each for each in behaviours if each.weeks_active and each.share_of_users is None]
    if not wanted:
        return {}
    columns = []
    for each in wanted:
        inside = (UsageDay.feature == each.feature) & (UsageDay.day > on - timedelta(days=each.window_days))
        if each.roles is not None:
            inside &= Membership.role.in_(each.roles)
        columns.append(func.count(case((inside, _week(session, on))).distinct()))
    rows = session.execute(
        select(UsageDay.account_id, *columns)
        .join(
            Membership,
            (Membership.workspace_id == UsageDay.workspace_id)
            & (Membership.account_id == UsageDay.account_id)
            & (Membership.user_id == UsageDay.user_id),
        )
        .where(
            UsageDay.workspace_id == workspace_id,
            UsageDay.account_id.in_(accounts),
            UsageDay.feature.in_({each.feature for each in wanted}),
            UsageDay.day > on - timedelta(days=max(each.window_days for each in wanted)),
            UsageDay.day <= on,
        )
        .group_by(UsageDay.account_id)
    )
    return {row[0]: {each.key: value for each, value in zip(wanted, row[1:], strict=True)} for row in rows}


def _week(session: Session, on: date) -> ColumnElement[Any]:
    """Full weeks before `on`; the two databases count days differently."""
    if session.get_bind().dialect.name == "sqlite":
        return cast((func.julianday(on.isoformat()) - func.julianday(UsageDay.day)) / 7, Integer)
    return (literal(on) - UsageDay.day) / 7


def keep(session: Session, workspace_id: str, rows: Sequence[Sequence[Any]], at: Any) -> None:
    """Write scores, over those of the same account, definition and week. `findings` is JSON text."""
    if rows:
        cast_to = "r.findings" if bulk.is_sqlite(session.connection()) else "r.findings::jsonb"
        bulk.run(
            session,
            KEEP.replace("%s", cast_to),
            SCORE,
            sorted(rows, key=lambda row: tuple(row[:3])),
            (workspace_id, at),
        )


def scored_weeks(
    session: Session, workspace_id: str, accounts: Collection[str], since: date
) -> set[tuple[str, str, date]]:
    """(account, definition, week) of every score since a week."""
    rows = session.execute(
        select(AdoptionScore.account_id, AdoptionScore.definition, AdoptionScore.week).where(
            AdoptionScore.workspace_id == workspace_id,
            AdoptionScore.account_id.in_(accounts),
            AdoptionScore.week >= since,
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def history(session: Session, workspace_id: str, account_id: str, limit: int = 120) -> Sequence[AnyRow]:
    """An account's scores, the newest first, those of every definition it was ever judged by."""
    return session.execute(
        select(
            AdoptionScore.week,
            AdoptionScore.definition,
            AdoptionScore.version,
            AdoptionScore.segment,
            AdoptionScore.state,
            AdoptionScore.score,
        )
        .where(AdoptionScore.workspace_id == workspace_id, AdoptionScore.account_id == account_id)
        .order_by(AdoptionScore.week.desc(), AdoptionScore.version.desc(), AdoptionScore.definition)
        .limit(limit)
    ).all()


def latest(
    session: Session, workspace_id: str, definitions: Collection[str], *, since: date, after: str, limit: int
) -> list[AnyRow]:
    """The newest score of each account under one of these definitions since a week, by account id."""
    newest = (
        select(AdoptionScore.account_id, func.max(AdoptionScore.week).label("week"))
        .where(
            AdoptionScore.workspace_id == workspace_id,
            AdoptionScore.definition.in_(definitions),
            AdoptionScore.week >= since,
            AdoptionScore.account_id > after,
        )
        .group_by(AdoptionScore.account_id)
        .order_by(AdoptionScore.account_id)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(AdoptionScore, Account.name, Account.motion)
        .join(
            newest, (newest.c.account_id == AdoptionScore.account_id) & (newest.c.week == AdoptionScore.week)
        )
        .join(
            Account,
            (Account.workspace_id == AdoptionScore.workspace_id) & (Account.id == AdoptionScore.account_id),
        )
        .where(AdoptionScore.workspace_id == workspace_id, AdoptionScore.definition.in_(definitions))
        .order_by(AdoptionScore.account_id, AdoptionScore.version.desc(), AdoptionScore.definition)
    ).all()
    found: dict[str, AnyRow] = {}  # an account that has changed segment may have two in its newest week
    for row in rows:
        found.setdefault(row.AdoptionScore.account_id, row)
    return list(found.values())
