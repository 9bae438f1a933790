"""What came in, by day."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api.auth import runtime
from waypost_server.api.days import window_of
from waypost_server.api.rest import Camel, caller, resource
from waypost_server.store import ingest_stats

blueprint = resource("stats", "Counts of events received.")
COUNTS = ("accepted", "duplicate", "quarantined")


class StatsQuery(Camel):
    start = fields.Date(data_key="from", load_default=None, metadata={"description": "First day, included."})
    end = fields.Date(data_key="to", load_default=None, metadata={"description": "Last day, included."})


class Counts(Camel):
    """Events received: stored, sent twice, refused."""

    accepted = fields.Integer(required=True, strict=True)
    duplicate = fields.Integer(required=True, strict=True)
    quarantined = fields.Integer(required=True, strict=True)


class DayCounts(Counts):
    """Counts of one day in the workspace's time zone."""

    day = fields.Date(required=True)


class Stats(Counts):
    """Counts over a span of days, and of each day that had any."""

    start = fields.Date(required=True, data_key="from")
    end = fields.Date(required=True, data_key="to")
    days = fields.List(fields.Nested(DayCounts), required=True)


@blueprint.route("/stats")
@blueprint.arguments(StatsQuery, location="query")
@blueprint.response(200, Stats)
def stats(query: dict[str, Any]) -> dict[str, Any]:
    """Events accepted, duplicate and quarantined, per day"""
    workspace = caller().workspace_id
    with runtime().db.read() as session:
        window = window_of(session, workspace, query)
        rows = [
            dict(row._mapping) for row in ingest_stats.by_day(session, workspace, window.start, window.end)
        ]
    days = [{**row, **{name: int(row[name]) for name in COUNTS}} for row in rows]
    sums = {name: sum(day[name] for day in days) for name in COUNTS}
    return {**sums, "start": window.start, "end": window.end, "days": days}
