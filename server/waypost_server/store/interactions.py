"""Interactions: one row per reaction event, whose messageId is the key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.domain.interactions import Reaction
from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Interaction


def add(session: Session, workspace_id: str, reaction: Reaction) -> bool:
    """Store a reaction; False when this event was stored before."""
    detail = {
        "snooze_days": reaction.snooze_days,
        "action": reaction.action,
        "step": reaction.step,
        "trust": reaction.trust,
    }
    values = {
        "workspace_id": workspace_id,
        "id": reaction.message_id,
        "offer_id": reaction.offer_id,
        "account_id": reaction.account_id,
        "user_id": reaction.user_id,
        "nudge": reaction.nudge,
        "reaction": reaction.reaction,
        "at": reaction.at,
        "detail": {name: value for name, value in detail.items() if value is not None},
    }
    return insert_new(session, Interaction, values)


def of_offers(
    session: Session, workspace_id: str, user_ids: Collection[str], offer_ids: Collection[str]
) -> Sequence[Interaction]:
    """Every interaction with these offers, by the index on the person."""
    return session.scalars(
        select(Interaction).where(
            Interaction.workspace_id == workspace_id,
            Interaction.user_id.in_(user_ids),
            Interaction.offer_id.in_(offer_ids),
        )
    ).all()
