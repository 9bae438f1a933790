"""Reading the event log back: some people's events, or all of them, a bounded number of rows at a time.

The log has no index but its key (every event would pay for one), so one person's past is a scan of the log up
to the moment asked about; PostgreSQL skips the months after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, literal, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Event

AT_ONCE = 2_000  # rows held by the driver
SPEAKING = ("identify", "group")  # types whose body changes state


class Logged(NamedTuple):
    """One event of the log. `body` is '' where nothing is folded from it."""

    message_id: str
    account_id: str
    user_id: str
    type: str
    name: str
    feature: str | None
    ts: datetime
    received_at: datetime
    trust: str
    body: str


@dataclass(frozen=True, slots=True)
class Whose:
    """The events of one person, and of everybody in some accounts."""

    user_id: str
    account_ids: tuple[str, ...]


def _says_more() -> ColumnElement[bool]:
    """Events named `$…` are the SDK's own: reactions, consent."""
    return or_(Event.type.in_(SPEAKING), Event.name.like("$%"))


COLUMNS = (
    Event.message_id,
    Event.account_id,
    Event.user_id,
    Event.type,
    Event.name,
    Event.feature,
    Event.ts,
    Event.received_at,
    Event.trust,
    case((_says_more(), Event.body), else_=literal("")),
)


def until(session: Session, workspace_id: str, whose: Whose, at: datetime) -> Iterator[Logged]:
    """What had been received by `at`, in the order it came in."""
    about = or_(Event.user_id == whose.user_id, Event.account_id.in_(whose.account_ids))
    rows = session.execute(
        select(*COLUMNS)
        .where(Event.workspace_id == workspace_id, Event.received_at <= at, about)
        .order_by(Event.received_at, Event.id)
        .execution_options(yield_per=AT_ONCE)
    )
    return (Logged(*row) for row in rows)


def speaking(
    session: Session, workspace_id: str, *, since: datetime | None, until: datetime
) -> Iterator[Logged]:
    """Events that set traits or roles and happened before `until`, in that order."""
    statement = select(*COLUMNS).where(
        Event.workspace_id == workspace_id, Event.type.in_(SPEAKING), Event.ts < until
    )
    if since is not None:
        statement = statement.where(Event.ts >= since)
    rows = session.execute(statement.order_by(Event.ts, Event.id).execution_options(yield_per=AT_ONCE))
    return (Logged(*row) for row in rows)
