"""Who looks after an account: a person names them, or lets the trait decide again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.services.account_owner import Handed, set_owner, withdraw_owner
from waypost_server.store import console_users


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for endpoint, view in (("owner_set", name_owner), ("owner_withdraw", withdraw)):
        verb = endpoint.removeprefix("owner_")
        blueprint.add_url_rule(
            f"/accounts/<ref:account_id>/owner/{verb}", endpoint, needs("csm")(view), methods=["POST"]
        )


def name_owner(account_id: str) -> Response:
    """From now on this person looks after the account."""
    form, who = request.form, login()
    handed = set_owner(
        runtime(),
        who.workspace_id,
        account_id,
        form.get("owner", "")[:512],
        person=who.user_id,
        reason=form.get("reason", ""),
    )
    return _back(account_id, handed)


def withdraw(account_id: str) -> Response:
    """The trait decides again."""
    who = login()
    return _back(account_id, withdraw_owner(runtime(), who.workspace_id, account_id, person=who.user_id))


def _back(account_id: str, handed: Handed) -> Response:
    with runtime().db.read() as session:
        name = console_users.names(session, login().workspace_id).get(handed.owner or "", "Nobody")
    along = (
        f" {handed.tasks} open {'task goes' if handed.tasks == 1 else 'tasks go'} along."
        if handed.tasks
        else ""
    )
    flash(f"{name} looks after the account.{along}")
    return redirect(url_for("console.account", account_id=account_id))  # type: ignore[return-value]
