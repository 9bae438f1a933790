"""Read models of users: finding one, and everything about one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.reports_accounts import literal
from waypost_server.store.tables import Account, EndUser, Interaction, Membership, MilestoneState, Offer
from waypost_server.store.types import AnyRow


def search(session: Session, workspace_id: str, text: str, limit: int = 20) -> Sequence[EndUser]:
    """Users whose id, e-mail or name contains `text`; an exact id or e-mail comes first."""
    pattern, exact = f"%{literal(text.lower())}%", text.lower()
    columns = (func.lower(EndUser.id), func.lower(EndUser.email), func.lower(EndUser.name))
    is_exact = or_(columns[0] == exact, func.coalesce(columns[1], "") == exact)
    return session.scalars(
        select(EndUser)
        .where(
            EndUser.workspace_id == workspace_id,
            or_(*(column.like(pattern, escape="\\") for column in columns)),
        )
        .order_by(is_exact.desc(), EndUser.last_day.desc(), EndUser.id)
        .limit(limit)
    ).all()


def recent(session: Session, workspace_id: str, limit: int = 12) -> Sequence[AnyRow]:
    """Users of the accounts active last, to start from: user id, name, account."""
    return session.execute(
        select(EndUser.id, EndUser.name, EndUser.email, Membership.role, Account.id, Account.name)
        .join(
            Membership, (Membership.workspace_id == EndUser.workspace_id) & (Membership.user_id == EndUser.id)
        )
        .join(
            Account, (Account.workspace_id == Membership.workspace_id) & (Account.id == Membership.account_id)
        )
        .where(EndUser.workspace_id == workspace_id)
        .order_by(EndUser.last_day.desc(), EndUser.id)
        .limit(limit)
    ).all()


def names(session: Session, workspace_id: str, user_ids: Sequence[str]) -> dict[str, str]:
    """User id → name, of those who have one."""
    query = select(EndUser.id, EndUser.name).where(
        EndUser.workspace_id == workspace_id, EndUser.id.in_(user_ids), EndUser.name != ""
    )
    return {row.id: row.name for row in session.execute(query)}


def one(session: Session, workspace_id: str, user_id: str) -> EndUser | None:
    """One user."""
    return session.get(EndUser, (workspace_id, user_id))


def accounts(session: Session, workspace_id: str, user_id: str) -> Sequence[AnyRow]:
    """The accounts a user belongs to, the last active first."""
    return session.execute(
        select(
            Membership.account_id,
            Membership.role,
            Membership.first_day,
            Membership.last_day,
            Account.name,
            Account.motion,
            Account.segment,
        )
        .outerjoin(
            Account, (Account.workspace_id == Membership.workspace_id) & (Account.id == Membership.account_id)
        )
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .order_by(Membership.last_day.desc(), Membership.account_id)
        .limit(50)
    ).all()


def milestones(session: Session, workspace_id: str, user_id: str) -> Sequence[MilestoneState]:
    """The user's own milestones in every account, and those of the accounts."""
    mine = select(Membership.account_id).where(
        Membership.workspace_id == workspace_id, Membership.user_id == user_id
    )
    return session.scalars(
        select(MilestoneState)
        .where(
            MilestoneState.workspace_id == workspace_id,
            MilestoneState.account_id.in_(mine),
            MilestoneState.user_id.in_((user_id, "")),
        )
        .order_by(MilestoneState.account_id, MilestoneState.milestone)
        .limit(200)
    ).all()


def offers(session: Session, workspace_id: str, user_id: str, limit: int = 30) -> Sequence[Offer]:
    """Nudges offered to a user, the newest first."""
    return session.scalars(
        select(Offer)
        .where(Offer.workspace_id == workspace_id, Offer.user_id == user_id)
        .order_by(Offer.claimed_at.desc(), Offer.id.desc())
        .limit(limit)
    ).all()


def reactions(session: Session, workspace_id: str, user_id: str, limit: int = 100) -> Sequence[Interaction]:
    """What a user did with nudges, the newest first."""
    return session.scalars(
        select(Interaction)
        .where(Interaction.workspace_id == workspace_id, Interaction.user_id == user_id)
        .order_by(Interaction.at.desc(), Interaction.id.desc())
        .limit(limit)
    ).all()
