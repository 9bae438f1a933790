"""Publishing a draft: its plan, who is in the way, and the decision about files that changed twice."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.console import diffs, strategic
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.services.apply import StrategicError
from waypost_server.services.draft import existing_draft, stamp_of
from waypost_server.services.edit_draft import keep_mine
from waypost_server.services.plan import plan
from waypost_server.services.publish import RefusedError
from waypost_server.services.publish_draft import publish_draft


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/drafts/<ref:name>/publish", "draft_publish", confirm)
    blueprint.add_url_rule("/drafts/<ref:name>/publish", "draft_published", publish, methods=["POST"])
    address = "/drafts/<ref:name>/files/<ref:file>"
    blueprint.add_url_rule(f"{address}/conflict", "draft_conflict", conflict)
    blueprint.add_url_rule(f"{address}/keep", "draft_keep", keep, methods=["POST"])


@needs("author")
def confirm(name: str, problem: str | None = None) -> str:
    """What publishing would change: definitions, people, runs under way; and the form that does it."""
    draft = existing_draft(runtime(), login().workspace_id, name)
    try:
        planned, refused = plan(runtime(), login().workspace_id, draft.files), None
    except RefusedError as error:
        planned, refused = None, error
    return render_template(
        "console/draft_publish.html",
        draft=draft,
        plan=planned,
        errors=[each for each in refused.findings if each.severity == "error"] if refused else (),
        message=request.form.get("message", ""),
        problem=problem,
    )


@needs("author")
def publish(name: str) -> Any:
    """Publish what the page showed, and nothing else."""
    who, form = login(), request.form
    try:
        done = publish_draft(
            runtime(),
            who.workspace_id,
            name,
            author=who.email,
            message=form.get("message", "").strip()[:500],
            accept_strategic=strategic.is_accepted(),
            seen=form.get("seen", ""),
        )
    except NotFoundError:
        raise
    except StrategicError:
        return confirm(name, problem=strategic.NEWLY_REACHED), 409
    except BadInputError as error:
        return confirm(name, problem=error.message), error.status
    flash(f"Published as release {done.number}. Every server uses it within about a second.")
    return redirect(url_for("console.release", number=done.number))


@needs("author")
def conflict(name: str, file: str) -> Any:
    """A file that changed in the draft and in the live release: both, and what each changed."""
    draft = existing_draft(runtime(), login().workspace_id, name)
    edit = draft.edit_of(file)
    if edit is None or not edit.is_conflict:
        return redirect(url_for("console.draft", name=name))
    return render_template(
        "console/draft_conflict.html",
        draft=draft,
        edit=edit,
        theirs=diffs.lines(edit.began_as, edit.live),
        mine=diffs.lines(edit.began_as, edit.text),
        live_stamp=stamp_of(edit.live),
    )


@needs("author")
def keep(name: str, file: str) -> Any:
    """Decide for the draft's text."""
    who = login()
    seen = request.form.get("seen", "")
    keep_mine(runtime(), who.workspace_id, name, file, seen=seen, author=who.email)
    flash(f"Kept. Publishing the draft replaces what was published as {file} meanwhile.")
    return redirect(url_for("console.draft", name=name))
