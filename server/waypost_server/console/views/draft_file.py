"""The editor: one file of a draft as text, checked, with what it means beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for

from waypost_server.console import builder, diffs, editor, page_fields, reach, template_look, trigger
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.condition_rows import catalogue, choices, offered
from waypost_server.console.conditions import Reader
from waypost_server.console.headers import framed_mail, policy
from waypost_server.console.opened import after, opened
from waypost_server.definitions.line_ends import keep_line_ends
from waypost_server.domain.errors import BadInputError
from waypost_server.services.audience import AT_ONCE, SECONDS
from waypost_server.services.draft import ChangedMeanwhileError, Draft, check_name, stamp_of
from waypost_server.services.edit_draft import save_file


@dataclass(frozen=True, slots=True)
class Fields:
    """What of a text is edited as fields: one of its conditions, and what starts a play."""

    builder: builder.Builder
    trigger: trigger.Trigger | None

    @property
    def problem(self) -> str:
        """Why not all of it is in the text."""
        return self.builder.problem or (self.trigger.problem if self.trigger else "")


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    address = "/drafts/<ref:name>/files/<ref:file>"
    blueprint.add_url_rule(address, "draft_file", show)
    blueprint.add_url_rule(address, "draft_file_save", save, methods=["POST"])
    blueprint.add_url_rule(f"{address}/check", "draft_file_check", check, methods=["POST"])
    blueprint.add_url_rule(f"{address}/build", "draft_file_build", build, methods=["POST"])
    blueprint.add_url_rule(f"{address}/count", "draft_file_count", count, methods=["POST"])
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
    made, text = _built(draft, file, text)
    if made.problem:
        return _page(draft, file, text, made, "Not saved: complete or remove what is to fix."), 400
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
        return _page(draft, file, text, made, error.message), error.status
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
    """The fields, after what their button asked for, put into the text of the page; saves nothing."""
    draft = _open(name, file)
    made, text = _built(draft, file, _given(draft, file))
    return _answer(draft, file, text, made)


@needs("author")
def count(name: str, file: str) -> str:
    """How many people the condition of the page reaches, counted exactly: for the script, after the estimate."""
    draft = _open(name, file)
    made, text = _built(draft, file, _given(draft, file))
    found = reach.found(draft, _checked(draft, file, text), made.builder, _on_page(), seconds=SECONDS)
    return render_template("console/draft_reach.html", reach=found, is_last=True)


@needs("author")
def mail(name: str, file: str) -> Response:
    """The HTML part of the text as it is on the page, for the frame beside it; saves nothing."""
    draft = _open(name, file)
    found = template_look.look(draft, _checked(draft, file, _given(draft, file)))
    parts = found.mail.parts if found and found.mail else None
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


def _built(draft: Draft, file: str, text: str) -> tuple[Fields, str]:
    """The fields of the page, and the text with what they say."""
    form = request.form
    starts = trigger.from_text(file, text)
    if "t-made" in form:
        definitions = _checked(draft, file, text).loaded.definitions
        starts, text = trigger.put(trigger.from_form(file, text, form, definitions), file, text)
    if "b-made" not in form:
        return Fields(builder.from_text(file, text, form.get("b-place")), starts), text
    definitions = _checked(draft, file, text).loaded.definitions
    rows, text = builder.put(builder.from_form(file, text, form, definitions), text)
    return Fields(rows, starts), text


def _read(file: str, text: str) -> Fields:
    """The fields that the text says."""
    return Fields(builder.from_text(file, text, request.form.get("b-place")), trigger.from_text(file, text))


def _on_page() -> page_fields.PageFields:
    return page_fields.read(request.form)


def _checked(draft: Draft, file: str, text: str) -> editor.Checked:
    """What the text means; read once in a request."""
    known: dict[str, editor.Checked] = g.setdefault("checked", {})
    if text not in known:
        known[text] = editor.check(draft, file, text)
    return known[text]


def _answer(draft: Draft, file: str, text: str, made: Fields | None) -> Response:
    """The whole page, or for the script the parts of it that change."""
    if request.headers.get("X-Fragment") is None:
        return _page(draft, file, text, made)
    return make_response(
        render_template("console/draft_parts_changed.html", **_beside(draft, file, text, made))
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
    made: Fields | None = None,
    problem: str | None = None,
) -> Response:
    stored = draft.text_of(file)
    beside = _beside(draft, file, text or "", made)
    definitions = beside["checked"].loaded.definitions
    page = render_template(
        "console/draft_file.html",
        noun=editor.noun(file),
        edit=draft.edit_of(file),
        is_new=stored is None,
        is_saved=stored is not None and text == stored,
        seen=request.form.get("seen", stamp_of(stored)),
        problem=problem,
        facts=offered(definitions) if beside["builder"].places else (),
        choices=choices(definitions),
        catalogue=catalogue(),
        **beside,
    )
    return _framing(page)


def _beside(draft: Draft, file: str, text: str, made: Fields | None) -> dict[str, Any]:
    checked = _checked(draft, file, text)
    made = made or _read(file, text)
    place, on_page = made.builder.place, _on_page()
    seconds = SECONDS if request.headers.get("X-Fragment") is None else AT_ONCE  # the script asks for more
    counted = (
        reach.found(draft, checked, made.builder, on_page, seconds=seconds) if "do" in request.form else None
    )
    return {
        "draft": draft,
        "file": file,
        "text": text,
        "checked": checked,
        "nothing_yet": not text.strip() and draft.text_of(file) is None,
        "look": checked.look(request.values.get("lang")),
        "builder": made.builder,
        "trigger": made.trigger,
        "often": trigger.OFTEN,
        "units": trigger.UNITS,
        "milestones": checked.loaded.definitions.journey.milestones,
        "template": template_look.look(draft, checked),
        "words": Reader(checked.loaded.definitions).lines(place.condition) if place else [],
        "reach": counted,
        "on_page": on_page if reach.asks_for_page(checked, made.builder) else None,
    }


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
