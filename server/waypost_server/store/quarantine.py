"""Refused events, kept with their reason for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from waypost_server.store import bulk

REFUSED = bulk.columns("message_id, code, message, body_head")
ADD = """
insert into quarantine (workspace_id, received_at, message_id, code, message, body_head)
select {0}, {1}, r.message_id, r.code, r.message, r.body_head from {rows} where true
"""


class Refused(NamedTuple):
    """One refused event."""

    message_id: str | None
    code: str
    message: str
    body_head: str


def add(session: Session, workspace_id: str, refused: Sequence[Refused], received_at: datetime) -> None:
    """Append to the quarantine."""
    if refused:
        bulk.run(session, ADD, REFUSED, refused, (workspace_id, received_at))
