"""Offers: what was claimed for whom. Claims of one person queue on the person's row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select, tuple_, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Account, EndUser, Membership, Offer

# written out: a bound value would hide the index of waiting claims
_CLAIMED: ColumnElement[str] = literal_column("'claimed'")


def lock_person(session: Session, workspace_id: str, user_id: str) -> None:
    """Hold the person's row, made if it is missing; on SQLite the whole transaction is the lock."""
    insert_new(session, EndUser, {"workspace_id": workspace_id, "id": user_id})
    session.scalar(
        select(EndUser.id)
        .where(EndUser.workspace_id == workspace_id, EndUser.id == user_id)
        .with_for_update()
    )


def lock_account(session: Session, workspace_id: str, account_id: str) -> None:
    """Hold the account's row, made if it is missing. Take it after the person's, as deliveries do."""
    insert_new(session, Account, {"workspace_id": workspace_id, "id": account_id})
    session.scalar(
        select(Account.id)
        .where(Account.workspace_id == workspace_id, Account.id == account_id)
        .with_for_update()
    )


def last_account(session: Session, workspace_id: str, user_id: str) -> str:
    """The account the person was last seen in; '' if none."""
    found = session.scalar(
        select(Membership.account_id)
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .order_by(Membership.last_day.desc().nulls_last(), Membership.account_id)
        .limit(1)
    )
    return found or ""


def by_claim(session: Session, workspace_id: str, user_id: str, claim_id: str) -> Offer | None:
    """The offer a claim made, if it made one."""
    return session.scalar(
        select(Offer).where(
            Offer.workspace_id == workspace_id, Offer.user_id == user_id, Offer.claim_id == claim_id
        )
    )


def shown_since(session: Session, workspace_id: str, user_id: str, *, nudge: str, since: datetime) -> bool:
    """Whether a person has seen a nudge since a moment."""
    found = session.scalar(
        select(Offer.id)
        .where(
            Offer.workspace_id == workspace_id,
            Offer.user_id == user_id,
            Offer.nudge == nudge,
            Offer.claimed_at >= since,
            Offer.shown_at.is_not(None),
        )
        .limit(1)
    )
    return found is not None


def lapse(session: Session, workspace_id: str, *, user_id: str, claimed_before: datetime) -> list[str]:
    """End a person's claims that were never painted; their ids."""
    statement = (
        update(Offer)
        .where(
            Offer.workspace_id == workspace_id,
            Offer.user_id == user_id,
            Offer.state == "claimed",
            Offer.claimed_at <= claimed_before,
        )
        .values(state="lapsed")
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(statement))


def lapse_all(session: Session, *, claimed_before: datetime, limit: int) -> list[tuple[str, str]]:
    """End claims nobody painted, of every workspace, up to `limit` at a time; (workspace, offer) of each.

    A claim that another transaction holds is left to it, or to the next sweep.
    """
    waiting = (
        select(Offer.workspace_id, Offer.id)
        .where(Offer.state == _CLAIMED, Offer.claimed_at <= claimed_before)
        .order_by(Offer.claimed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Offer)
        .where(tuple_(Offer.workspace_id, Offer.id).in_(waiting), Offer.state == "claimed")
        .values(state="lapsed")
        .returning(Offer.workspace_id, Offer.id)
        .execution_options(synchronize_session=False)
    )
    return [(workspace_id, offer_id) for workspace_id, offer_id in session.execute(statement)]


def add(session: Session, values: Mapping[str, Any]) -> None:
    """Store a new offer."""
    insert_new(session, Offer, values)


def lock(session: Session, workspace_id: str, offer_ids: Collection[str]) -> Sequence[Offer]:
    """The offers with these ids, held in the order of their ids, so that parallel folds queue."""
    return session.scalars(
        select(Offer)
        .where(Offer.workspace_id == workspace_id, Offer.id.in_(offer_ids))
        .order_by(Offer.id)
        .with_for_update()
    ).all()


def settle(session: Session, workspace_id: str, offer_id: str, values: Mapping[str, Any]) -> None:
    """Write what the reactions to an offer add up to. The caller holds the row."""
    session.execute(
        update(Offer)
        .where(Offer.workspace_id == workspace_id, Offer.id == offer_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
