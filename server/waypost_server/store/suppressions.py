"""Addresses that must not be written to, as keyed hashes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Suppression


def known(session: Session, workspace_id: str, hashes: Collection[str]) -> set[str]:
    """Which of these are suppressed."""
    return set(
        session.scalars(
            select(Suppression.address_hash).where(
                Suppression.workspace_id == workspace_id, Suppression.address_hash.in_(hashes)
            )
        )
    )


def reason(session: Session, workspace_id: str, address_hash: str) -> str | None:
    """Why an address is suppressed; None when it is not."""
    return session.scalar(
        select(Suppression.reason).where(
            Suppression.workspace_id == workspace_id, Suppression.address_hash == address_hash
        )
    )


def add(session: Session, workspace_id: str, address_hash: str, *, reason: str, at: datetime) -> bool:
    """Suppress; False when it was already."""
    return insert_new(
        session,
        Suppression,
        {"workspace_id": workspace_id, "address_hash": address_hash, "reason": reason, "at": at},
    )


def count(session: Session, *, since: datetime | None) -> tuple[int, int]:
    """In every workspace, since then: people who said no, and addresses that do not take mail."""
    query = select(func.count(), func.count().filter(Suppression.reason == "bounced"))
    if since is not None:
        query = query.where(Suppression.at >= since)
    every, bounced = session.execute(query.select_from(Suppression)).one()
    return every - bounced, bounced


def remove(session: Session, workspace_id: str, address_hash: str) -> None:
    """Allow again; a person decided so."""
    session.execute(
        delete(Suppression).where(
            Suppression.workspace_id == workspace_id, Suppression.address_hash == address_hash
        )
    )
