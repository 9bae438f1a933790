"""What a person does about a signal that started nothing: make a task of it, or say why not."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for

from waypost_server.console.access import login, needs, next_path, runtime
from waypost_server.services import answer_signal


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/signals/<ref:signal_id>/task", "signal_task", make_task, methods=["POST"])
    blueprint.add_url_rule("/signals/<ref:signal_id>/leave", "signal_leave", leave, methods=["POST"])


@needs("csm")
def make_task(signal_id: str) -> Response:
    """Make the task, and go to it."""
    who = login()
    task = answer_signal.make_task(runtime(), who.workspace_id, signal_id, actor=who.user_id)
    flash("A task was made of the signal.")
    return redirect(url_for("console.task", task_id=task.id))  # type: ignore[return-value]


@needs("csm")
def leave(signal_id: str) -> Response:
    """Keep the reason."""
    who = login()
    reason = request.form.get("reason", "")
    answer_signal.leave(runtime(), who.workspace_id, signal_id, actor=who.user_id, reason=reason)
    flash("Noted: nothing is done about the signal, and why.")
    return redirect(next_path(request.form.get("back")))  # type: ignore[return-value]
