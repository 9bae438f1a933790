"""Read models of nudges: what people did with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, EndUser, Interaction, MilestoneState, Offer, UsageTotal
from waypost_server.store.types import AnyRow

Counts = dict[str, dict[str, int]]


def reactions(session: Session, workspace_id: str, since: datetime) -> Counts:
    """Per nudge and reaction since a time: how many; plus "people", distinct users it was shown to."""
    rows = session.execute(
        select(
            Interaction.nudge,
            Interaction.reaction,
            func.count().label("times"),
            func.count(Interaction.user_id.distinct()).label("people"),
        )
        .where(Interaction.workspace_id == workspace_id, Interaction.at >= since)
        .group_by(Interaction.nudge, Interaction.reaction)
    )
    found: Counts = defaultdict(dict)
    for row in rows:
        found[row.nudge][row.reaction] = row.times
        if row.reaction == "shown":
            found[row.nudge]["people"] = row.people
    return found


def reached_after_all(
    session: Session, workspace_id: str, milestones: dict[str, str], since: datetime
) -> dict[str, int]:
    """People shown a nudge since a time who (or whose account) reached a milestone after that: nudge → milestone in,
    nudge → people out."""
    if not milestones:
        return {}
    rows = session.execute(
        select(Offer.nudge, MilestoneState.milestone, func.count(Offer.user_id.distinct()))
        .join(
            MilestoneState,
            (MilestoneState.workspace_id == Offer.workspace_id)
            & (MilestoneState.account_id == Offer.account_id)
            & (MilestoneState.user_id.in_((Offer.user_id, ""))),
        )
        .where(
            Offer.workspace_id == workspace_id,
            Offer.shown_at >= since,
            Offer.nudge.in_(milestones),
            MilestoneState.milestone.in_(set(milestones.values())),
            MilestoneState.reached_at > Offer.shown_at,
        )
        .group_by(Offer.nudge, MilestoneState.milestone)
    )
    return {nudge: people for nudge, milestone, people in rows if milestones[nudge] == milestone}


def used_after_all(
    session: Session, workspace_id: str, features: dict[str, str], since: datetime
) -> dict[str, int]:
    """People who used a goal's feature after a nudge was shown to them: nudge → feature in."""
    if not features:
        return {}
    rows = session.execute(
        select(Offer.nudge, UsageTotal.feature, func.count(Offer.user_id.distinct()))
        .join(
            UsageTotal,
            (UsageTotal.workspace_id == Offer.workspace_id)
            & (UsageTotal.account_id == Offer.account_id)
            & (UsageTotal.user_id == Offer.user_id),
        )
        .where(
            Offer.workspace_id == workspace_id,
            Offer.shown_at >= since,
            Offer.nudge.in_(features),
            UsageTotal.feature.in_(set(features.values())),
            UsageTotal.last_at > Offer.shown_at,
        )
        .group_by(Offer.nudge, UsageTotal.feature)
    )
    return {nudge: people for nudge, feature, people in rows if features[nudge] == feature}


def by_day(
    session: Session, workspace_id: str, nudge: str, *, times: Sequence[datetime]
) -> list[dict[str, int]]:
    """Reactions of one nudge between consecutive `times` (local midnights, one more than days)."""
    rows = session.execute(
        select(Interaction.at, Interaction.reaction)
        .where(
            Interaction.workspace_id == workspace_id,
            Interaction.nudge == nudge,
            Interaction.at >= times[0],
            Interaction.at < times[-1],
        )
        .order_by(Interaction.at.desc())
        .limit(50_000)
    )
    days: list[dict[str, int]] = [defaultdict(int) for _ in times[1:]]
    for row in rows:
        place = min(int((row.at - times[0]) / timedelta(days=1)), len(days) - 1)
        while row.at < times[place]:
            place -= 1
        while row.at >= times[place + 1]:
            place += 1
        days[place][row.reaction] += 1
    return [dict(each) for each in days]


def latest(session: Session, workspace_id: str, nudge: str, limit: int = 12) -> Sequence[AnyRow]:
    """The last reactions to a nudge, with whom."""
    return session.execute(
        select(
            Interaction.at,
            Interaction.reaction,
            Interaction.user_id,
            Interaction.account_id,
            EndUser.name,
            EndUser.email,
            Account.name.label("account_name"),
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Interaction.workspace_id) & (EndUser.id == Interaction.user_id)
        )
        .outerjoin(
            Account,
            (Account.workspace_id == Interaction.workspace_id) & (Account.id == Interaction.account_id),
        )
        .where(Interaction.workspace_id == workspace_id, Interaction.nudge == nudge)
        .order_by(Interaction.at.desc(), Interaction.id.desc())
        .limit(limit)
    ).all()
