"""Deliveries: the ledger of messages, and each message as it went out."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from waypost_server.console import cursors
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.headers import framed_mail, policy
from waypost_server.console.titles import titles
from waypost_server.domain.errors import ConflictError
from waypost_server.services.resend import may_be_resent
from waypost_server.services.resend import resend as send_again
from waypost_server.store import reports_accounts, reports_deliveries


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/deliveries", "deliveries", deliveries)
    blueprint.add_url_rule("/deliveries/<ref:delivery_id>", "delivery", delivery)
    blueprint.add_url_rule("/deliveries/<ref:delivery_id>/html", "delivery_html", html)
    blueprint.add_url_rule(
        "/deliveries/<ref:delivery_id>/resend", "delivery_resend", resend, methods=["POST"]
    )


def deliveries() -> str:
    """The newest first, of one state or of all, of one account or of everybody."""
    who = login()
    account_id = request.args.get("account", "")[:512].replace("\x00", "") or None
    state = request.args.get("state")
    state = state if state in reports_deliveries.STATES else None
    after = cursors.read(request.args.get("after"), str)
    with runtime().db.read() as session:
        rows = reports_deliveries.page(
            session,
            who.workspace_id,
            state=state,
            account_id=account_id,
            after=after[0] if after else None,
            limit=cursors.PAGE + 1,
        )
        counts = reports_deliveries.counts(session, who.workspace_id, account_id=account_id)
        account = reports_accounts.one(session, who.workspace_id, account_id) if account_id else None
        live = runtime().releases.live(session, who.workspace_id)
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].id) if more else None
    return render_template(
        "console/deliveries.html",
        rows=rows,
        state=state,
        counts=counts,
        total=sum(counts.values()),
        states=[each for each in reports_deliveries.STATES if counts.get(each)],
        titles=titles(live.definitions if live else None),
        account_id=account_id,
        account_name=(account.Account.name if account else None) or account_id,
        older=url_for("console.deliveries", account=account_id, state=state, after=older) if older else None,
        first=url_for("console.deliveries", account=account_id, state=state) if after else None,
    )


def delivery(delivery_id: str) -> Response:
    """One message, its attempts, and how it looks."""
    who = login()
    with runtime().db.read() as session:
        row = reports_deliveries.one(session, who.workspace_id, delivery_id)
        if row is None:
            abort(404)
        attempts = reports_deliveries.attempts(session, who.workspace_id, delivery_id)
        live = runtime().releases.live(session, who.workspace_id)
    page = make_response(
        render_template(
            "console/delivery.html",
            row=row,
            delivery=row.Delivery,
            attempts=attempts,
            titles=titles(live.definitions if live else None),
            may_resend=may_be_resent(row.Delivery.channel, row.Delivery.state),
        )
    )
    page.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return page


@needs("csm")
def resend(delivery_id: str) -> Any:
    """Send it again, because a person says so."""
    who = login()
    try:
        send_again(runtime(), who.workspace_id, delivery_id, actor=who.user_id)
    except ConflictError as error:
        flash(error.message)
    else:
        flash("It is queued again, and checked once more before it goes.")
    return redirect(url_for("console.delivery", delivery_id=delivery_id))


def html(delivery_id: str) -> Response:
    """The HTML part alone, for the frame: no script, no form, no request leaves it."""
    who = login()
    with runtime().db.read() as session:
        row = reports_deliveries.one(session, who.workspace_id, delivery_id)
    if row is None or not row.Delivery.body_html:
        abort(404)
    return framed_mail(row.Delivery.body_html)
