"""What users allowed and refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.domain.consent import Answer
from waypost_server.store import bulk
from waypost_server.store.tables import Consent

ROWS = bulk.columns("user_id, channel, topic, allowed boolean, at timestamptz, message_id, trust")
WRITE = """
insert into consent (workspace_id, user_id, channel, topic, allowed, at, message_id, trust)
select {0}, r.user_id, r.channel, r.topic, r.allowed, r.at, r.message_id, r.trust from {rows} where true
on conflict (workspace_id, user_id, channel, topic) do update set
  allowed = excluded.allowed, at = excluded.at, message_id = excluded.message_id, trust = excluded.trust
where excluded.at > consent.at or (excluded.at = consent.at and excluded.message_id > consent.message_id)
"""


class Said(NamedTuple):
    """An answer as it is stored."""

    user_id: str
    channel: str
    topic: str
    allowed: bool
    at: datetime
    message_id: str
    trust: str


def write(session: Session, workspace_id: str, said: Iterable[Said]) -> None:
    """Keep the last answer per user, channel and topic; the order of arrival does not matter."""
    newest: dict[tuple[str, str, str], Said] = {}
    for each in sorted(said, key=lambda one: (one.at, one.message_id)):
        newest[each[:3]] = each
    if newest:
        bulk.run(session, WRITE, ROWS, [newest[key] for key in sorted(newest)], (workspace_id,))


def of_user(session: Session, workspace_id: str, user_id: str) -> Sequence[Consent]:
    """Everything a user said, by channel and topic."""
    return session.scalars(
        select(Consent)
        .where(Consent.workspace_id == workspace_id, Consent.user_id == user_id)
        .order_by(Consent.channel, Consent.topic)
        .limit(200)
    ).all()


def answers(session: Session, workspace_id: str, user_id: str, channel: str) -> list[Answer]:
    """What a user said about a channel, or about all of them."""
    rows = session.scalars(
        select(Consent).where(
            Consent.workspace_id == workspace_id,
            Consent.user_id == user_id,
            Consent.channel.in_((channel, "all")),
        )
    )
    return [Answer(row.channel, row.topic, row.allowed, row.at) for row in rows]
