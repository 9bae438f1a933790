"""Read models of accounts: the list with filters, and everything about one account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import (
    Account,
    ConsoleUser,
    EndUser,
    Interaction,
    Membership,
    MilestoneState,
    Signal,
    Task,
    Touch,
)
from waypost_server.store.types import AnyRow, AnySelect

SORTS = {"name": Account.name, "active": Account.last_day}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; None leaves a column alone."""

    segment: str | None = None
    motion: str | None = None
    owner: str | None = None
    text: str | None = None
    signal: bool = False


def literal(text: str) -> str:
    """`text` for LIKE with every wildcard escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def page(
    session: Session,
    workspace_id: str,
    chosen: Filter,
    *,
    sort: str,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Accounts by name, or by last activity (newest first). `after` is (sort value, id) of the last row."""
    query = _filtered(
        select(
            Account.id,
            Account.name,
            Account.segment,
            Account.motion,
            Account.owner,
            Account.renewal_on,
            Account.first_day,
            Account.last_day,
            ConsoleUser.name.label("owner_name"),
        )
        .outerjoin(
            ConsoleUser,
            (ConsoleUser.workspace_id == Account.workspace_id) & (ConsoleUser.id == Account.owner),
        )
        .where(Account.workspace_id == workspace_id),
        chosen,
    )
    if sort == "active":
        seen = func.coalesce(Account.last_day, Account.first_day)
        query = query.where(seen.is_not(None))
        if after is not None:
            query = query.where(or_(seen < after[0], and_(seen == after[0], Account.id > after[1])))
        return session.execute(query.order_by(seen.desc(), Account.id).limit(limit)).all()
    key = func.lower(Account.name)
    if after is not None:
        query = query.where(or_(key > after[0], and_(key == after[0], Account.id > after[1])))
    return session.execute(query.add_columns(key.label("key")).order_by(key, Account.id).limit(limit)).all()


def count(session: Session, workspace_id: str, chosen: Filter, ceiling: int = 10_000) -> int:
    """How many accounts match, counted up to `ceiling`."""
    matching = _filtered(select(Account.id).where(Account.workspace_id == workspace_id), chosen)
    return session.scalar(select(func.count()).select_from(matching.limit(ceiling).subquery())) or 0


def choices(session: Session, workspace_id: str) -> dict[str, list[str]]:
    """The segments and motions in use."""
    rows = session.execute(
        select(Account.segment, Account.motion)
        .where(Account.workspace_id == workspace_id)
        .distinct()
        .limit(200)
    ).all()
    return {
        "segments": sorted({row.segment for row in rows if row.segment}),
        "motions": sorted({row.motion for row in rows if row.motion}),
    }


def users_of(session: Session, workspace_id: str, account_ids: Collection[str]) -> dict[str, int]:
    """Users per account."""
    if not account_ids:
        return {}
    rows = session.execute(
        select(Membership.account_id, func.count())
        .where(Membership.workspace_id == workspace_id, Membership.account_id.in_(account_ids))
        .group_by(Membership.account_id)
    )
    return {row[0]: row[1] for row in rows}


def milestones_of(session: Session, workspace_id: str, account_ids: Collection[str]) -> dict[str, set[str]]:
    """Milestones reached per account: by the account itself, or by any user of it."""
    if not account_ids:
        return {}
    rows = session.execute(
        select(MilestoneState.account_id, MilestoneState.milestone)
        .where(
            MilestoneState.workspace_id == workspace_id,
            MilestoneState.account_id.in_(account_ids),
            MilestoneState.reached_at.is_not(None),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {account_id: set() for account_id in account_ids}
    for account_id, milestone in rows:
        found[account_id].add(milestone)
    return found


def signals_of(session: Session, workspace_id: str, account_ids: Collection[str]) -> dict[str, list[AnyRow]]:
    """Open signals per account, the most severe first."""
    if not account_ids:
        return {}
    rows = session.execute(
        select(Signal.account_id, Signal.kind, Signal.severity)
        .where(
            Signal.workspace_id == workspace_id,
            Signal.account_id.in_(account_ids),
            Signal.state == "open",
        )
        .order_by(Signal.severity.desc(), Signal.id)
        .limit(1000)
    )
    found: dict[str, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found


# --- one account ----------------------------------------------------------------------------------
def one(session: Session, workspace_id: str, account_id: str) -> AnyRow | None:
    """One account with its owner's name."""
    return session.execute(
        select(Account, ConsoleUser.name.label("owner_name"))
        .outerjoin(
            ConsoleUser,
            (ConsoleUser.workspace_id == Account.workspace_id) & (ConsoleUser.id == Account.owner),
        )
        .where(Account.workspace_id == workspace_id, Account.id == account_id)
    ).one_or_none()


def people(session: Session, workspace_id: str, account_id: str, limit: int) -> Sequence[AnyRow]:
    """Users of an account, the last active first within each role."""
    return session.execute(
        select(
            Membership.user_id,
            Membership.role,
            Membership.first_day,
            Membership.last_day,
            EndUser.name,
            EndUser.email,
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Membership.workspace_id) & (EndUser.id == Membership.user_id)
        )
        .where(Membership.workspace_id == workspace_id, Membership.account_id == account_id)
        .order_by(func.coalesce(Membership.role, "~"), Membership.last_day.desc(), Membership.user_id)
        .limit(limit)
    ).all()


def milestones(session: Session, workspace_id: str, account_id: str) -> Sequence[MilestoneState]:
    """Milestone states of an account and of its users (bounded)."""
    return session.scalars(
        select(MilestoneState)
        .where(MilestoneState.workspace_id == workspace_id, MilestoneState.account_id == account_id)
        .order_by(MilestoneState.user_id, MilestoneState.milestone)
        .limit(2000)
    ).all()


def signals(session: Session, workspace_id: str, account_id: str, limit: int = 20) -> Sequence[Signal]:
    """Signals of an account: open ones first, then the newest."""
    return session.scalars(
        select(Signal)
        .where(Signal.workspace_id == workspace_id, Signal.account_id == account_id)
        .order_by((Signal.state == "open").desc(), Signal.opened_at.desc(), Signal.id.desc())
        .limit(limit)
    ).all()


def tasks(session: Session, workspace_id: str, account_id: str, limit: int = 20) -> Sequence[Task]:
    """Tasks about an account, the newest first."""
    return session.scalars(
        select(Task)
        .where(Task.workspace_id == workspace_id, Task.account_id == account_id)
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(limit)
    ).all()


def touches(session: Session, workspace_id: str, account_id: str, limit: int = 20) -> Sequence[Touch]:
    """Whatever reached people of an account, the newest first."""
    return session.scalars(
        select(Touch)
        .where(Touch.workspace_id == workspace_id, Touch.account_id == account_id)
        .order_by(Touch.at.desc(), Touch.id.desc())
        .limit(limit)
    ).all()


def reactions(session: Session, workspace_id: str, account_id: str, limit: int = 20) -> Sequence[AnyRow]:
    """What the account's users did with nudges, the newest first."""
    return session.execute(
        select(Interaction.at, Interaction.nudge, Interaction.reaction, Interaction.user_id, EndUser.name)
        .join(
            Membership,
            (Membership.workspace_id == Interaction.workspace_id)
            & (Membership.user_id == Interaction.user_id)
            & (Membership.account_id == Interaction.account_id),
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Interaction.workspace_id) & (EndUser.id == Interaction.user_id)
        )
        .where(Membership.workspace_id == workspace_id, Membership.account_id == account_id)
        .order_by(Interaction.at.desc(), Interaction.id.desc())
        .limit(limit)
    ).all()


def _filtered(query: AnySelect, chosen: Filter) -> AnySelect:
    if chosen.segment:
        query = query.where(Account.segment == chosen.segment)
    if chosen.motion:
        query = query.where(Account.motion == chosen.motion)
    if chosen.owner:
        query = query.where(Account.owner == (None if chosen.owner == "-" else chosen.owner))
    if chosen.text:
        pattern = f"%{literal(chosen.text.lower())}%"
        query = query.where(
            or_(
                func.lower(Account.name).like(pattern, escape="\\"),
                func.lower(Account.id).like(pattern, escape="\\"),
            )
        )
    if chosen.signal:
        query = query.where(
            select(Signal.id)
            .where(
                Signal.workspace_id == Account.workspace_id,
                Signal.account_id == Account.id,
                Signal.state == "open",
            )
            .exists()
        )
    return query
