"""The message of a task: read it as it will look, change it, send it in your name."""

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

from waypost_server.channels.mail_headers import MAX_SUBJECT
from waypost_server.console.access import login, needs, next_path, runtime
from waypost_server.console.headers import framed_mail, policy
from waypost_server.domain.errors import BadInputError
from waypost_server.services import draft_mail, message_drafts
from waypost_server.store import console_users, reports_queue
from waypost_server.store import message_drafts as store


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    at = "/tasks/<ref:task_id>/draft"
    blueprint.add_url_rule(at, "message_draft", needs("csm")(draft))
    blueprint.add_url_rule(f"{at}/html", "message_draft_html", needs("csm")(looks))
    blueprint.add_url_rule(at, "message_draft_save", needs("csm")(save), methods=["POST"])
    blueprint.add_url_rule(f"{at}/send", "message_draft_send", needs("csm")(send), methods=["POST"])


def draft(task_id: str, problem: str = "", words: dict[str, str] | None = None) -> Response:
    """The words beside the mail that they make."""
    who = login()
    with runtime().db.read() as session:
        item = reports_queue.one(session, who.workspace_id, task_id)
        found = store.find(session, who.workspace_id, task_id)
        person = console_users.get(session, who.workspace_id, who.user_id)
        names = console_users.names(session, who.workspace_id)
    if item is None or found is None or person is None:
        abort(404)
    page = make_response(
        render_template(
            "console/message_draft.html",
            item=item,
            draft=found,
            words=words or {"subject": found.subject, "body": found.body},
            sender=draft_mail.sender(runtime(), person),
            reply_to=person.email,
            decided_by=names.get(found.person or "", found.person),
            problem=problem,
            longest=MAX_SUBJECT,
        ),
        400 if problem else 200,
    )
    page.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return page


def looks(task_id: str) -> Response:
    """The mail as it will look, alone and inert."""
    workspace_id = login().workspace_id
    with runtime().db.read() as session:
        found = store.find(session, workspace_id, task_id)
        if found is None:
            abort(404)
        look = draft_mail.preview(session, runtime(), found)
    return framed_mail(look.html)


def save(task_id: str) -> Any:
    """Keep the words and show how they look."""
    given = _given()
    try:
        message_drafts.save_draft(runtime(), login().workspace_id, task_id, person=login().user_id, **given)
    except BadInputError as error:
        if error.status != 400:
            raise
        return draft(task_id, error.message, given)
    flash("Saved. Below is how it looks now.")
    return redirect(url_for("console.message_draft", task_id=task_id))


def send(task_id: str) -> Any:
    """Send: the words of the form, or without any the words as they are."""
    given = _given() if "body" in request.form else {}
    try:
        sent = message_drafts.send_draft(
            runtime(), login().workspace_id, task_id, person=login().user_id, **given
        )
    except BadInputError as error:
        if error.status != 400:
            raise
        return draft(task_id, error.message, given or None)
    flash(f"It goes to {sent.recipient} in 20 seconds. Until then, reopening the task takes it back.")
    return redirect(next_path(request.form.get("back")) if request.form.get("back") else _task(task_id))


def _given() -> dict[str, str]:
    return {"subject": request.form.get("subject", ""), "body": request.form.get("body", "")}


def _task(task_id: str) -> str:
    return url_for("console.task", task_id=task_id)
