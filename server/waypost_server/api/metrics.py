"""Prometheus metrics of the installation, read from the database: every process gives the same answer.

No user, account, feature or event names in labels.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from flask import Blueprint, Response, current_app, request

from waypost_server.api.auth import runtime
from waypost_server.store import backlog, ingest_stats

blueprint = Blueprint("metrics", __name__)
Sample = tuple[str, dict[str, str], float]


@blueprint.get("/metrics")
def metrics() -> Response:
    """The samples. With WAYPOST_METRICS_TOKEN set, only for who sends it as Bearer token."""
    token, given = current_app.config.get("WAYPOST_METRICS_TOKEN"), request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return Response("Send the metrics token as Bearer token.\n", status=401, mimetype="text/plain")
    context = runtime()
    now = context.clock()
    with context.db.read() as session:
        received, waiting = ingest_stats.ever(session), backlog.read(session, now)
    text = "".join(_lines(received, waiting, now))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _lines(received: object, waiting: backlog.Backlog, now: datetime) -> Iterable[str]:
    counts = [
        ("ingest_events_total", {"result": name}, float(getattr(received, name)))
        for name in ("accepted", "duplicate", "quarantined")
    ]
    yield from _family("ingest_events_total", "counter", "Events received since the beginning.", counts)
    states = [
        ("delivery_state", {"channel": channel, "state": state}, float(count))
        for (channel, state), count in sorted(waiting.deliveries.items())
    ]
    yield from _family("delivery_state", "gauge", "Deliveries made in the last day, by state.", states)
    blocked: list[Sample] = [("outbound_blocked_total", {}, float(waiting.calls_blocked))]
    words = "Calls to webhooks and chat that were not made: the address is not public, or not one we call."
    yield from _family("outbound_blocked_total", "counter", words, blocked)
    oldest = waiting.oldest_delivery
    age = max((now - oldest).total_seconds(), 0.0) if oldest is not None else 0.0
    for name, words, value in (
        ("delivery_oldest_due_seconds", "Age of the oldest delivery that is due.", age),
        ("accounts_due", "Accounts waiting to be evaluated.", float(waiting.accounts_due)),
        ("claims_parked", "Accounts set aside after failing five times.", float(waiting.accounts_parked)),
        ("play_runs_due", "Play runs whose next step is due.", float(waiting.runs_due)),
    ):
        yield from _family(name, "gauge", words, [(name, {}, value)])


def _family(name: str, kind: str, words: str, samples: list[Sample]) -> Iterable[str]:
    yield f"# HELP waypost_{name} {words}\n# TYPE waypost_{name} {kind}\n"
    for sample, labels, value in samples:
        inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
        yield f"waypost_{sample}{{{inside}}} {value:g}\n" if inside else f"waypost_{sample} {value:g}\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
