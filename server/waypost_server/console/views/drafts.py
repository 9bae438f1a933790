"""Drafts: what is edited and not published yet; start a definition, discard."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.console import diffs, editor
from waypost_server.console.access import login, needs, own_draft, runtime
from waypost_server.console.opened import after, opened
from waypost_server.definitions.scaffolds import KINDS
from waypost_server.domain.errors import BadInputError
from waypost_server.services.draft import existing_draft
from waypost_server.services.edit_draft import discard_draft, discard_file
from waypost_server.services.new_definition import new_definition
from waypost_server.store import drafts as store


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/drafts", "drafts", drafts)
    blueprint.add_url_rule("/drafts/<ref:name>", "draft", draft)
    blueprint.add_url_rule("/drafts/<ref:name>/new", "draft_new", new, methods=["POST"])
    blueprint.add_url_rule("/drafts/<ref:name>/discard", "draft_discard", discard, methods=["GET", "POST"])


def drafts() -> str:
    """Every draft of the workspace, one's own first."""
    who = login()
    with runtime().db.read() as session:
        rows = store.headings(session, who.workspace_id)
    mine = own_draft()
    rows = sorted(rows, key=lambda row: row.draft != mine)
    return render_template("console/drafts.html", rows=rows, mine=mine)


def draft(name: str, problem: str | None = None) -> str:
    """One draft: what it changes, what is wrong with it, what to do next."""
    found = opened(name)
    loaded = editor.read(found.files, found.environment) if found.edits else None
    return render_template(
        "console/draft.html",
        draft=found,
        edits=[(edit, diffs.lines(edit.live, edit.text)) for edit in found.edits],
        findings=loaded.findings if loaded else (),
        totals=editor.totals(loaded) if loaded else None,
        files=editor.by_noun(found),
        kinds=KINDS,
        form=request.form,
        problem=problem,
    )


@needs("author")
def new(name: str) -> Any:
    """Start a definition with a first draft that is valid as it stands."""
    who, form = login(), request.form
    opened(name)
    kind, key = form.get("kind", ""), form.get("key", "").strip()
    try:
        file = new_definition(
            runtime(), who.workspace_id, name, kind, key, form.get("title", ""), author=who.email
        )
    except BadInputError as error:
        return draft(name, problem=error.message), error.status
    flash("Started. Change the words, then publish the draft.")
    return redirect(url_for("console.draft_file", name=name, file=file))


@needs("author")
def discard(name: str) -> Any:
    """Ask once, naming what is lost; then drop one file's edit (`?file=`), or the whole draft."""
    who, file = login(), request.values.get("file")
    found = existing_draft(runtime(), who.workspace_id, name)
    if request.method == "GET":
        edits = [edit for edit in found.edits if file in (None, edit.file)]
        shown = [(edit, diffs.lines(edit.live, edit.text)) for edit in edits]
        return render_template("console/draft_discard.html", draft=found, file=file, edits=shown)
    if file is None:
        discard_draft(runtime(), who.workspace_id, name, author=who.email)
        flash("Discarded. What is live was not touched.")
        return redirect(url_for("console.drafts"))
    seen = request.form.get("seen", "")
    discard_file(runtime(), who.workspace_id, name, file, seen=seen, author=who.email)
    flash(f"Discarded. {file} reads as the live release has it.")
    return redirect(after(name))
