"""Fold `$consent` events: what people allow and refuse.

A "no" is taken from any sender, also from one nobody vouches for: to be left in peace must not need a proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from waypost_server.domain.consent import EVENT, read
from waypost_server.domain.events import Event
from waypost_server.store import consents


def fold(session: Session, workspace_id: str, fresh: Sequence[Event], trust: str) -> None:
    """Write the answers among `fresh`; malformed ones stay in the log only."""
    said = []
    for event in fresh:
        if event.name == EVENT and event.type == "track" and event.user_id:
            answer = read(event.properties, event.ts, trust)
            if answer is not None:
                said.append(
                    consents.Said(
                        event.user_id,
                        answer.channel,
                        answer.topic,
                        answer.allowed,
                        answer.at,
                        event.message_id,
                        trust,
                    )
                )
    consents.write(session, workspace_id, said)
