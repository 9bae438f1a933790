"""A second pair of eyes, and the kill switches: what may leave the building."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.console.access import login, needs, next_path, runtime
from waypost_server.services import approvals as service
from waypost_server.services.stop_sending import resume_sending, stop_sending
from waypost_server.store import approvals


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/approvals", "approvals", page)
    at = "/approvals/<ref:approval_id>"
    blueprint.add_url_rule(f"{at}/approve", "approval_approve", needs("approver")(approve), methods=["POST"])
    blueprint.add_url_rule(f"{at}/reject", "approval_reject", needs("approver")(reject), methods=["POST"])
    blueprint.add_url_rule("/sending/stop", "sending_stop", needs("author")(stop), methods=["POST"])
    blueprint.add_url_rule("/sending/resume", "sending_resume", needs("author")(resume), methods=["POST"])


def page() -> str:
    """Each question with the words, some of the people, and who published it."""
    who = login()
    with runtime().db.read() as session:
        rows = approvals.page(session, who.workspace_id, limit=30)
        shown = [(row, approvals.waiting_for(session, who.workspace_id, row.Approval.id)) for row in rows[:5]]
        shown += [(row, ()) for row in rows[5:]]
        templates = {
            (row.Approval.release, message.template): _template(session, row.Approval, message)
            for row, messages in shown
            for message in messages[:1]
        }
    return render_template("console/approvals.html", shown=shown, templates=templates)


def approve(approval_id: str) -> Any:
    """Everything that waits for it is checked again and goes."""
    who = login()
    service.approve(runtime(), who.workspace_id, approval_id, person=who.user_id)
    flash("Approved. What waited is checked once more and goes.")
    return redirect(url_for("console.approvals"))


def reject(approval_id: str) -> Any:
    """Everything that waits for it is cancelled."""
    who = login()
    reason = request.form.get("reason", "")
    service.reject(runtime(), who.workspace_id, approval_id, person=who.user_id, reason=reason)
    flash("Rejected. What waited is cancelled.")
    return redirect(url_for("console.approvals"))


def stop() -> Any:
    """Throw the workspace's switch."""
    who = login()
    stop_sending(runtime(), who.workspace_id, actor=who.user_id, reason=request.form.get("reason", ""))
    flash("Stopped. Nothing more leaves; what would be sent waits.")
    return redirect(next_path(request.form.get("back")))


def resume() -> Any:
    """Take it back."""
    who = login()
    resume_sending(runtime(), who.workspace_id, actor=who.user_id)
    flash("It goes on. What waited is checked once more and goes.")
    return redirect(next_path(request.form.get("back")))


def _template(session: Any, asked: Any, message: Any) -> Any:
    release = runtime().releases.pinned(session, asked.workspace_id, asked.release)
    return release.definitions.templates.get(message.template)
