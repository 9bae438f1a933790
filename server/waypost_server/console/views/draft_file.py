"""The editor: one file of a draft as text, checked, with what it means beside it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.console import diffs, editor
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.opened import after, opened
from waypost_server.definitions.line_ends import keep_line_ends
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.services.audience import condition_of, estimate
from waypost_server.services.draft import ChangedMeanwhileError, Draft, check_name, stamp_of
from waypost_server.services.edit_draft import save_file
from waypost_server.services.releases import LiveRelease


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    address = "/drafts/<ref:name>/files/<ref:file>"
    blueprint.add_url_rule(address, "draft_file", show)
    blueprint.add_url_rule(address, "draft_file_save", save, methods=["POST"])
    blueprint.add_url_rule(f"{address}/check", "draft_file_check", check, methods=["POST"])
    blueprint.add_url_rule(f"{address}/delete", "draft_file_delete", delete, methods=["POST"])


@needs("author")
def show(name: str, file: str) -> str:
    """The file as the draft has it."""
    draft = _open(name, file)
    return _page(draft, file, draft.text_of(file))


@needs("author")
def save(name: str, file: str) -> Any:
    """Keep the text in the draft; what somebody else saved meanwhile is shown, not overwritten."""
    draft, who = _open(name, file), login()
    text = _given(draft, file)
    try:
        save_file(
            runtime(),
            who.workspace_id,
            name,
            file,
            text,
            seen=request.form.get("seen", ""),
            author=who.email,
        )
    except ChangedMeanwhileError as clash:
        return _clash(draft, file, text, clash.theirs), clash.status
    except BadInputError as error:
        return _page(draft, file, text, problem=error.message), error.status
    flash("Saved in the draft. Nothing changes for users before it is published.")
    return redirect(
        url_for("console.draft_file", name=name, file=file, lang=request.form.get("lang") or None)
    )


@needs("author")
def check(name: str, file: str) -> str:
    """The text as it is on the page, read and tried; saves nothing. For the script, only what changes beside it."""
    draft = _open(name, file)
    text = _given(draft, file)
    if request.headers.get("X-Fragment") is None:
        return _page(draft, file, text)
    return render_template("console/draft_checked.html", **_beside(draft, file, text))


@needs("author")
def delete(name: str, file: str) -> Any:
    """Delete the file in the draft; discarding the edit brings it back."""
    who = login()
    _open(name, file)
    seen = request.form.get("seen", "")
    save_file(runtime(), who.workspace_id, name, file, None, seen=seen, author=who.email)
    flash(f"{file} is deleted in the draft, and stays live until the draft is published.")
    return redirect(after(name))


def _open(name: str, file: str) -> Draft:
    check_name(file, "file")
    return opened(name)


def _given(draft: Draft, file: str) -> str:
    """The text of the form, with the line ends of the file."""
    return keep_line_ends(draft.text_of(file) or "", request.form.get("text", ""))


def _page(draft: Draft, file: str, text: str | None, problem: str | None = None) -> str:
    stored = draft.text_of(file)
    return render_template(
        "console/draft_file.html",
        file=file,
        noun=editor.noun(file),
        edit=draft.edit_of(file),
        text=text or "",
        is_new=stored is None,
        is_saved=stored is not None and text == stored,
        seen=request.form.get("seen", stamp_of(stored)),
        problem=problem,
        **_beside(draft, file, text),
    )


def _beside(draft: Draft, file: str, text: str | None) -> dict[str, Any]:
    checked = editor.check(draft, file, text)
    return {
        "draft": draft,
        "checked": checked,
        "look": checked.look(request.values.get("lang")),
        "reach": _reach(draft, checked) if request.form.get("do") == "count" else None,
    }


def _reach(draft: Draft, checked: editor.Checked) -> Any:
    """How many people the audience reaches now; None when it cannot be read."""
    subject = checked.nudge or checked.play
    if subject is None:
        return None
    release = LiveRelease(draft.live, checked.loaded.definitions)
    try:
        condition = condition_of(release, subject.audience, None)
    except (BadInputError, NotFoundError):
        return None
    return estimate(runtime(), login().workspace_id, release, condition)


def _clash(draft: Draft, file: str, mine: str, theirs: str | None) -> str:
    return render_template(
        "console/draft_clash.html",
        draft=draft,
        file=file,
        mine=mine,
        theirs=theirs,
        seen=stamp_of(theirs),
        edit=draft.edit_of(file),
        diff_lines=diffs.lines(theirs, mine),
    )
