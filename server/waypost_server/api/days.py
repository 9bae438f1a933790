"""The span of days a request asks for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from waypost_server.api.auth import runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.store import workspaces
from waypost_server.store.listed_usage import Window

DEFAULT, LONGEST = timedelta(days=27), timedelta(days=731)
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


def window_of(session: Session, workspace_id: str, query: dict[str, Any]) -> Window:
    """From the query's `start`, `end` and `feature`: 28 days up to today where nothing is said.

    Raises BadInputError when the span is backwards or longer than two years.
    """
    end: date = query["end"] or today(session, workspace_id)
    end = min(max(end, FIRST), LAST)
    start: date = max(query["start"] or end - DEFAULT, FIRST)
    if start > end:
        raise BadInputError("from must not be after to.", code="bad_span")
    if end - start > LONGEST:
        raise BadInputError("Ask for two years at most; fetch longer spans in parts.", code="bad_span")
    return Window(start, end, query.get("feature"))


def today(session: Session, workspace_id: str) -> date:
    """The current day in the workspace's time zone."""
    workspace = workspaces.get(session, workspace_id)
    zone = ZoneInfo(workspace.timezone) if workspace is not None else ZoneInfo("UTC")
    return runtime().clock().astimezone(zone).date()
