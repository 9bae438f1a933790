"""A second pair of eyes, and the kill switches: what may leave the building."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from waypost_server.console import cursors
from waypost_server.console.access import login, needs, next_path, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.preview import Node, with_chips
from waypost_server.console.titles import titles
from waypost_server.services import approvals as service
from waypost_server.services.stop_sending import resume_sending, stop_sending
from waypost_server.store import approvals
from waypost_server.store.tables import Approval, Delivery

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Words:
    """A template as nodes, with a chip where a fact will stand."""

    subject: list[Node]
    body: list[Node]


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
        live = runtime().releases.live(session, who.workspace_id)
        after = cursors.read(request.args.get("after"), str)
        rows, more = cursors.split(
            approvals.page(session, who.workspace_id, after=after[0] if after else None, limit=SHOWN + 1),
            SHOWN,
        )
        older = cursors.write(rows[-1].Approval.id) if more and rows[-1].Approval.state != "waiting" else None
        shown = [(row, approvals.waiting_for(session, who.workspace_id, row.Approval.id)) for row in rows[:5]]
        shown += [(row, ()) for row in rows[5:]]
        templates = {
            (row.Approval.release, message.template): _words(session, row.Approval, message)
            for row, messages in shown
            for message in messages[:1]
        }
        called = titles(live.definitions if live else None)
    return render_template(
        "console/approvals.html",
        shown=shown,
        templates=templates,
        titles=called,
        older=url_for("console.approvals", after=older) if older else None,
        first=url_for("console.approvals") if after else None,
    )


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


def _words(session: Session, asked: Approval, message: Delivery) -> Words | None:
    """The template of a message as its reader would see it; None when its release has no such template."""
    definitions = runtime().releases.pinned(session, asked.workspace_id, asked.release).definitions
    found = definitions.templates.get(message.template)
    if found is None:
        return None
    reader = Reader(definitions)
    return Words(
        with_chips(found.subject, reader, markdown=False), with_chips(found.body, reader, markdown=True)
    )
