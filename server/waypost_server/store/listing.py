"""Lists for the read API: one workspace, exact filters, a keyset page along the primary key.

Ids of signals, offers, runs, deliveries and tasks sort by time of making, so "newest first" walks the key backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.orm import Session

from waypost_server.store.tables import (
    Account,
    Delivery,
    Membership,
    MilestoneState,
    Offer,
    PlayRun,
    Quarantine,
    Release,
    Signal,
    SurveyAnswer,
    Task,
)

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A table and the columns below the workspace that order it uniquely."""

    table: Any
    order: tuple[str, ...]
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the key to go on after (None at the end)."""

    rows: Sequence[Any]
    next: Key | None


ACCOUNTS = Listing(Account, ("id",))
MEMBERS = Listing(Membership, ("account_id", "user_id"))
MILESTONES = Listing(MilestoneState, ("account_id", "user_id", "milestone"))
SIGNALS = Listing(Signal, ("id",), newest_first=True)
TASKS = Listing(Task, ("id",), newest_first=True)
DELIVERIES = Listing(Delivery, ("id",), newest_first=True)
OFFERS = Listing(Offer, ("id",), newest_first=True)
ANSWERS = Listing(SurveyAnswer, ("at", "message_id", "question", "place"), newest_first=True)
RUNS = Listing(PlayRun, ("id",), newest_first=True)
RELEASES = Listing(Release, ("number",), newest_first=True)
QUARANTINE = Listing(Quarantine, ("id",), newest_first=True)


def page(
    session: Session,
    workspace_id: str,
    listing: Listing,
    *,
    filters: Mapping[str, Any],
    after: Key | None,
    limit: int,
    where: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """One page of a list. A filter whose value is None does not filter."""
    table = listing.table
    columns = [getattr(table, name) for name in listing.order]
    query = select(table).where(table.workspace_id == workspace_id, *where)
    query = query.where(
        *(getattr(table, name) == value for name, value in filters.items() if value is not None)
    )
    if after is not None:
        here, there = (
            tuple_(*columns),
            tuple_(*(literal(v, c.type) for v, c in zip(after, columns, strict=True))),
        )
        query = query.where(here < there if listing.newest_first else here > there)
    ordered = [column.desc() if listing.newest_first else column for column in columns]
    rows = session.scalars(query.order_by(*ordered).limit(limit + 1)).all()
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], tuple(getattr(last, name) for name in listing.order))
