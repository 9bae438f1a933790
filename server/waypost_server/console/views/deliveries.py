"""Deliveries: the ledger of messages, and each message as it went out."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from waypost_server.console import cursors
from waypost_server.console.access import login, runtime
from waypost_server.console.headers import policy
from waypost_server.store import reports_deliveries

MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/<ref:delivery_id>", "delivery", delivery)
    blueprint.add_url_rule("/deliveries/<ref:delivery_id>/html", "delivery_html", html)


def deliveries() -> str:
    """The newest first, of one state or of all."""
    who = login()
    state = request.args.get("state")
    state = state if state in reports_deliveries.STATES else None
    after = cursors.read(request.args.get("after"), str)
    with runtime().db.read() as session:
        rows = reports_deliveries.page(
            session,
            who.workspace_id,
            state=state,
            after=after[0] if after else None,
            limit=cursors.PAGE + 1,
        )
        counts = reports_deliveries.counts(session, who.workspace_id)
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].id) if more else None
    return render_template(
        "console/deliveries.html",
        rows=rows,
        state=state,
        counts=counts,
        total=sum(counts.values()),
        states=[each for each in reports_deliveries.STATES if counts.get(each)],
        older=url_for("console.deliveries", state=state, after=older) if older else None,
        first=url_for("console.deliveries", state=state) if after else None,
    )


def delivery(delivery_id: str) -> Response:
    """One message, its attempts, and how it looks."""
    who = login()
    with runtime().db.read() as session:
        row = reports_deliveries.one(session, who.workspace_id, delivery_id)
        if row is None:
            abort(404)
        attempts = reports_deliveries.attempts(session, who.workspace_id, delivery_id)
    page = make_response(
        render_template("console/delivery.html", row=row, delivery=row.Delivery, attempts=attempts)
    )
    page.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return page


def html(delivery_id: str) -> Response:
    """The HTML part alone, for the frame: no script, no form, no request leaves it."""
    who = login()
    with runtime().db.read() as session:
        row = reports_deliveries.one(session, who.workspace_id, delivery_id)
    if row is None or not row.Delivery.body_html:
        abort(404)
    response = Response(row.Delivery.body_html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
