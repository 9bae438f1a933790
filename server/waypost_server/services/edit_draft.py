"""Change a draft, file by file. Nothing is overwritten that its editor has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.definitions.strict_yaml import MAX_CHARACTERS
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.domain.normalise import is_storable
from waypost_server.services.draft import (
    ChangedMeanwhileError,
    Draft,
    check_name,
    read_draft,
    stamp_of,
)
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, drafts

Text = str | None  # None: the file is not there


def save_file(
    runtime: Runtime, workspace_id: str, draft: str, file: str, text: Text, *, seen: str, author: str
) -> None:
    """Make `file` of the draft read `text`, or delete it (None). `seen` is the stamp of the text it replaces.

    The first edit starts the draft; a text equal to the live one ends the edit.
    Raises ChangedMeanwhileError, BadInputError.
    """
    check_file(file, text)
    check_name(draft, "draft")
    with runtime.db.write() as session:
        found = read_draft(session, workspace_id, draft)
        before = found.text_of(file)
        if stamp_of(before) != seen:
            raise ChangedMeanwhileError(file, before)
        if before == text:
            return
        put(session, runtime, workspace_id, found, {file: text}, author)
        note(session, runtime, workspace_id, author, "draft.save", f"{draft}: {file}")


def discard_file(
    runtime: Runtime, workspace_id: str, draft: str, file: str, *, seen: str, author: str
) -> None:
    """Drop the edit of one file, so that it reads as the live release has it. Raises ChangedMeanwhileError."""
    with runtime.db.write() as session:
        if not drafts.discard(session, workspace_id, draft, file, stamp=seen):
            raise ChangedMeanwhileError(file, read_draft(session, workspace_id, draft).text_of(file))
        note(session, runtime, workspace_id, author, "draft.discard", f"{draft}: {file}")


def discard_draft(runtime: Runtime, workspace_id: str, draft: str, *, author: str) -> int:
    """Drop every edit of a draft; how many files it changed. Raises NotFoundError."""
    with runtime.db.write() as session:
        count = drafts.discard_all(session, workspace_id, draft)
        if not count:
            raise NotFoundError("There is no such draft in this workspace.")
        note(session, runtime, workspace_id, author, "draft.discard", draft)
    return count


def keep_mine(runtime: Runtime, workspace_id: str, draft: str, file: str, *, seen: str, author: str) -> None:
    """Decide a conflict for the draft: its text shall replace what was published meanwhile.

    Raises ChangedMeanwhileError, also when a newer release moved on once more since the editor looked.
    """
    with runtime.db.write() as session:
        found = read_draft(session, workspace_id, draft)
        edit = found.edit_of(file)
        if edit is None or stamp_of(edit.live) != seen:
            raise ChangedMeanwhileError(file, found.live_files.get(file))
        values = {"base": found.live, "base_text": edit.live}
        if not drafts.replace(session, workspace_id, draft, file, stamp=edit.stamp, values=values):
            raise ChangedMeanwhileError(file, found.live_files.get(file))
        note(session, runtime, workspace_id, author, "draft.keep", f"{draft}: {file}")


def put(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    draft: Draft,
    texts: Mapping[str, Text],
    author: str,
) -> None:
    """Write texts into a draft that was read in this transaction. Raises ChangedMeanwhileError."""
    for each in draft.settled:
        drafts.discard(session, workspace_id, draft.name, each.file, stamp=each.stamp)
    for file, text in texts.items():
        place = (session, workspace_id, draft.name, file)
        edit, live = draft.edit_of(file), draft.live_files.get(file)
        values: dict[str, Any] = {
            "text": text, "stamp": stamp_of(text), "author": author, "updated_at": runtime.clock()
        }  # fmt: skip
        if edit is None:
            done = text == live or drafts.add(*place, {**values, "base": draft.live, "base_text": live})
        elif text == live:
            done = drafts.discard(*place, stamp=edit.stamp)
        else:
            done = drafts.replace(*place, stamp=edit.stamp, values=values)
        if not done:
            raise ChangedMeanwhileError(file, read_draft(session, workspace_id, draft.name).text_of(file))


def check_file(file: str, text: Text) -> None:
    """Raises BadInputError for what cannot be kept; whether it is a good definition is checked elsewhere."""
    check_name(file, "file")
    if text is None:
        return
    if not is_storable(text):
        raise BadInputError(f"{file} holds characters that are no text.", code="not_utf8")
    if len(text) > MAX_CHARACTERS:
        message = f"{file} has {len(text):,} characters; use at most {MAX_CHARACTERS:,}."
        raise BadInputError(message, code="too_large")


def note(
    session: Session, runtime: Runtime, workspace_id: str, actor: str, action: str, object_: str
) -> None:
    """Write down who did it."""
    audit.append(
        session, workspace_id, audit.Entry(runtime.new_id(), runtime.clock(), actor, action, object_)
    )
