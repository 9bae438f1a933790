"""The editor: one file of a draft as text, checked, with what it means beside it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for

from waypost_server.console import builder, diffs, editor, mail_look
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.headers import framed_mail, policy
from waypost_server.console.opened import after, opened
from waypost_server.definitions.line_ends import keep_line_ends
from waypost_server.domain.conditions import ConditionError
from waypost_server.domain.errors import BadInputError
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
    blueprint.add_url_rule(f"{address}/build", "draft_file_build", build, methods=["POST"])
    blueprint.add_url_rule(f"{address}/mail", "draft_file_mail", mail, methods=["POST"])
    blueprint.add_url_rule(f"{address}/delete", "draft_file_delete", delete, methods=["POST"])


@needs("author")
def show(name: str, file: str) -> Response:
    """The file as the draft has it."""
    draft = _open(name, file)
    return _page(draft, file, draft.text_of(file))


@needs("author")
def save(name: str, file: str) -> Any:
    """Keep the text in the draft; what somebody else saved meanwhile is shown, not overwritten."""
    draft, who = _open(name, file), login()
    text = _given(draft, file)
    rows, text = _built(draft, file, text)
    if rows.problem:
        return _page(
            draft, file, text, rows, "Not saved: complete or remove the condition that is to fix."
        ), 400
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
        return _page(draft, file, text, rows, error.message), error.status
    if text == draft.live_files.get(file):
        flash(f"Saved. {file} reads as the live release has it, so there is nothing left to publish of it.")
        return redirect(after(name))
    flash("Saved in the draft. Nothing changes for users before it is published.")
    return redirect(
        url_for("console.draft_file", name=name, file=file, lang=request.form.get("lang") or None)
    )


@needs("author")
def check(name: str, file: str) -> Response:
    """The text as it is on the page, read and tried; saves nothing. For the script, only what changes beside it."""
    draft = _open(name, file)
    return _answer(draft, file, _given(draft, file), None)


@needs("author")
def build(name: str, file: str) -> Response:
    """The rows of the builder, after what its button asked for, put into the text of the page; saves nothing."""
    draft = _open(name, file)
    text = _given(draft, file)
    rows, text = _built(draft, file, text)
    return _answer(draft, file, text, rows)


@needs("author")
def mail(name: str, file: str) -> Response:
    """The HTML part of the text as it is on the page, for the frame beside it; saves nothing."""
    draft = _open(name, file)
    found = mail_look.look(draft, _checked(draft, file, _given(draft, file)))
    parts = found.made.parts if found and found.made else None
    return framed_mail(parts.html if parts else "")


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


def _built(draft: Draft, file: str, text: str) -> tuple[builder.Builder, str]:
    """The rows of the page, and the text with them in it."""
    if "b-made" not in request.form:
        return builder.from_text(file, text, None), text
    definitions = _checked(draft, file, text).loaded.definitions
    return builder.put(builder.from_form(file, text, request.form, definitions), text)


def _checked(draft: Draft, file: str, text: str) -> editor.Checked:
    """What the text means; read once in a request."""
    known: dict[str, editor.Checked] = g.setdefault("checked", {})
    if text not in known:
        known[text] = editor.check(draft, file, text)
    return known[text]


def _answer(draft: Draft, file: str, text: str, rows: builder.Builder | None) -> Response:
    """The whole page, or for the script the parts of it that change."""
    if request.headers.get("X-Fragment") is None:
        return _page(draft, file, text, rows)
    return make_response(
        render_template("console/draft_parts_changed.html", **_beside(draft, file, text, rows))
    )


def _framing(page: str) -> Response:
    """The page of a template may show a mail in a frame."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = policy(frame_src="'self'")
    return response


def _page(
    draft: Draft,
    file: str,
    text: str | None,
    rows: builder.Builder | None = None,
    problem: str | None = None,
) -> Response:
    stored = draft.text_of(file)
    beside = _beside(draft, file, text or "", rows)
    definitions = beside["checked"].loaded.definitions
    page = render_template(
        "console/draft_file.html",
        noun=editor.noun(file),
        edit=draft.edit_of(file),
        is_new=stored is None,
        is_saved=stored is not None and text == stored,
        seen=request.form.get("seen", stamp_of(stored)),
        problem=problem,
        facts=builder.offered(definitions) if beside["builder"].places else (),
        choices=builder.choices(definitions),
        catalogue=builder.catalogue(),
        **beside,
    )
    return _framing(page)


def _beside(draft: Draft, file: str, text: str, rows: builder.Builder | None) -> dict[str, Any]:
    checked = _checked(draft, file, text)
    rows = rows or builder.from_text(file, text, request.form.get("b-place"))
    return {
        "draft": draft,
        "file": file,
        "text": text,
        "checked": checked,
        "look": checked.look(request.values.get("lang")),
        "builder": rows,
        "mail": mail_look.look(draft, checked),
        "words": Reader(checked.loaded.definitions).lines(rows.place.condition) if rows.place else [],
        "reach": _reach(draft, checked, rows) if "do" in request.form else None,
    }


def _reach(draft: Draft, checked: editor.Checked, rows: builder.Builder) -> Any:
    """How many people the condition reaches now; None when it cannot be read."""
    if rows.place is None or rows.problem:
        return None
    release = LiveRelease(draft.live, checked.loaded.definitions)
    try:
        stated = builder.with_groups(rows.place.condition, release.definitions)
        condition = condition_of(release, stated, None)
        return estimate(runtime(), login().workspace_id, release, condition)
    except (BadInputError, ConditionError):
        return None


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
