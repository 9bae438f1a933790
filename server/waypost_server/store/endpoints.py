"""Endpoints of webhooks and chat: how they have answered, and what is kept of their secrets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from waypost_server.domain.circuit import Health
from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Delivery, Endpoint
from waypost_server.store.written import written

Name = tuple[str, str]  # (channel, name in policy.yaml)
FAILING = "the endpoint is failing; the message waits for it"
SWITCHED_OFF = "the endpoint is switched off"
NO_ADDRESS = "nobody has given the address yet: Settings, Endpoints"
WAITS = (FAILING, SWITCHED_OFF, NO_ADDRESS)


def of_workspace(session: Session, workspace_id: str) -> dict[Name, Endpoint]:
    """Every endpoint that there is something to say of."""
    rows = session.scalars(select(Endpoint).where(Endpoint.workspace_id == workspace_id).limit(1000))
    return {(row.channel, row.name): row for row in rows}


def named(session: Session, workspace_id: str, names: Collection[Name]) -> dict[Name, Endpoint]:
    """These of them, read afresh."""
    if not names:
        return {}
    rows = session.scalars(
        select(Endpoint)
        .where(Endpoint.workspace_id == workspace_id, tuple_(Endpoint.channel, Endpoint.name).in_(names))
        .execution_options(populate_existing=True)
    )
    return {(row.channel, row.name): row for row in rows}


def hold(session: Session, workspace_id: str, channel: str, name: str) -> Endpoint:
    """One endpoint, locked until the commit; made when there is none."""
    insert_new(session, Endpoint, {"workspace_id": workspace_id, "channel": channel, "name": name})
    return session.scalars(
        select(Endpoint)
        .where(Endpoint.workspace_id == workspace_id, Endpoint.channel == channel, Endpoint.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def health(row: Endpoint | None) -> Health:
    """What `domain.circuit` judges."""
    if row is None:
        return Health()
    return Health(row.failures, row.failing_since, row.retry_at, row.disabled_at, row.disabled_why)


def save(row: Endpoint, found: Health) -> None:
    """Write a health onto a held row."""
    for name, value in asdict(found).items():
        setattr(row, name, value)


def take_probe(session: Session, row: Endpoint, *, until: datetime) -> bool:
    """Be the one message that tries an open endpoint; the others wait for `until`, or for its answer."""
    return bool(
        written(
            session,
            update(Endpoint)
            .where(
                Endpoint.workspace_id == row.workspace_id,
                Endpoint.channel == row.channel,
                Endpoint.name == row.name,
                Endpoint.retry_at == row.retry_at,
                Endpoint.disabled_at.is_(None),
            )
            .values(retry_at=until)
            .execution_options(synchronize_session=False),
        )
    )


def release_waiting(session: Session, row: Endpoint, *, now: datetime) -> int:
    """Let everything go that waited for this endpoint; returns how many messages."""
    return written(
        session,
        update(Delivery)
        .where(
            Delivery.workspace_id == row.workspace_id,
            Delivery.channel == row.channel,
            Delivery.recipient == row.name,
            Delivery.state == "pending",
            Delivery.reason.in_(WAITS),
        )
        .values(not_before=now, reason="")
        .execution_options(synchronize_session=False),
    )


def waiting(session: Session, workspace_id: str) -> dict[Name, int]:
    """How many messages wait for each endpoint."""
    return _count(session, workspace_id, Delivery.state.in_(("pending", "sending")))


def failed(session: Session, workspace_id: str, since: datetime) -> dict[Name, int]:
    """How many messages each endpoint did not take, of those made since."""
    return _count(session, workspace_id, Delivery.state == "failed", Delivery.created_at >= since)


def _count(session: Session, workspace_id: str, *where: Any) -> dict[Name, int]:
    rows: Sequence[Any] = session.execute(
        select(Delivery.channel, Delivery.recipient, func.count())
        .where(Delivery.workspace_id == workspace_id, Delivery.channel.in_(("webhook", "chat")), *where)
        .group_by(Delivery.channel, Delivery.recipient)
    ).all()
    return {(channel, name): count for channel, name, count in rows}
