"""Touches of nudges in the attention ledger. The id `offer:<id>` makes each count once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Touch


def spend(
    session: Session,
    workspace_id: str,
    offer_id: str,
    *,
    account_id: str,
    user_id: str,
    kind: str,
    at: datetime,
) -> None:
    """Count an offer against the budget, once."""
    values = {
        "workspace_id": workspace_id,
        "id": f"offer:{offer_id}",
        "account_id": account_id,
        "user_id": user_id,
        "channel": "in_app",
        "kind": kind,
        "at": at,
    }
    insert_new(session, Touch, values)


def give_back(session: Session, workspace_id: str, offer_ids: Collection[str]) -> None:
    """Free the slots of offers that were never painted."""
    if offer_ids:
        ids = [f"offer:{offer_id}" for offer_id in offer_ids]
        session.execute(
            delete(Touch)
            .where(Touch.workspace_id == workspace_id, Touch.id.in_(ids))
            .execution_options(synchronize_session=False)
        )


def add_contact(session: Session, workspace_id: str, contact_id: str, values: Mapping[str, Any]) -> bool:
    """Count a person's contact with a customer, once; True when it is new."""
    whole = {"workspace_id": workspace_id, "id": f"contact:{contact_id}", "kind": "passive", **values}
    return insert_new(session, Touch, whole)


def contact(session: Session, workspace_id: str, contact_id: str) -> Touch | None:
    """The touch of a logged contact."""
    return session.get(Touch, (workspace_id, f"contact:{contact_id}"), populate_existing=True)
