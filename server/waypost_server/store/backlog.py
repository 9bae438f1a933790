"""How much waits, over all workspaces, for the metrics of the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.due import is_parked
from waypost_server.store.open_deliveries import is_open
from waypost_server.store.tables import Account, Delivery, Endpoint, PlayRun, Workspace


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that is due, and what became of the last day's deliveries."""

    accounts_due: int
    accounts_parked: int  # claimed five times without an end
    runs_due: int
    oldest_delivery: datetime | None
    deliveries: dict[tuple[str, str], int]  # (channel, state) → count
    calls_blocked: int  # by the guarded way out, since the beginning


def read(session: Session, now: datetime) -> Backlog:
    """Count it; every part is answered from an index."""

    def count(table: Any, *where: Any) -> int:
        return int(session.scalar(select(func.count()).select_from(table).where(*where)) or 0)

    recent = (
        select(Delivery.channel, Delivery.state, func.count())
        .where(
            Delivery.workspace_id.in_(select(Workspace.id)), Delivery.created_at >= now - timedelta(days=1)
        )
        .group_by(Delivery.channel, Delivery.state)
    )
    return Backlog(
        accounts_due=count(Account, Account.evaluated < Account.touched),
        accounts_parked=count(Account, is_parked(now)),
        runs_due=count(PlayRun, PlayRun.due_at <= now),
        oldest_delivery=session.scalar(
            select(func.min(Delivery.not_before)).where(is_open(), Delivery.not_before <= now)
        ),
        deliveries={(channel, state): n for channel, state, n in session.execute(recent)},
        calls_blocked=int(session.scalar(select(func.coalesce(func.sum(Endpoint.blocked), 0))) or 0),
    )
