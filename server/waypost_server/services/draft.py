"""A draft: edited files that lie over the live release, and what stands between them and publishing.

A draft holds only what it changes. Whatever else is published meanwhile shows through; only a file that changed
in both is a conflict, and a person decides which text stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.normalise import is_storable
from waypost_server.services.runtime import Runtime
from waypost_server.store import drafts, releases

NAME_LIMIT = 200  # characters in a draft's or a file's name
What = Literal["added", "changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One file that a draft changes. A text of None: the file is not there."""

    file: str
    text: str | None
    began_as: str | None  # in the release that was live when the edit began
    began_at: int  # that release
    live: str | None
    author: str
    updated_at: datetime

    @property
    def what(self) -> What:
        """Against the live release."""
        if self.text is None:
            return "deleted"
        return "added" if self.live is None else "changed"

    @property
    def is_conflict(self) -> bool:
        """Whether somebody published another text of the file since this edit began."""
        return self.began_as != self.live

    @property
    def stamp(self) -> str:
        """What a change of this edit must have seen."""
        return stamp_of(self.text)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft over the live release (number 0: nothing is published yet)."""

    name: str
    live: int
    live_files: Mapping[str, str] = field(repr=False)
    edits: tuple[Edit, ...] = ()
    environment: str = ""  # the one the workspace lives in
    settled: tuple[Edit, ...] = ()  # published meanwhile: they change nothing any more

    @property
    def files(self) -> dict[str, str]:
        """Every file as publishing the draft would leave it."""
        files = dict(self.live_files)
        for edit in self.edits:
            if edit.text is None:
                files.pop(edit.file, None)
            else:
                files[edit.file] = edit.text
        return files

    @property
    def conflicts(self) -> tuple[Edit, ...]:
        """Edits that a person must decide about before publishing."""
        return tuple(edit for edit in self.edits if edit.is_conflict)

    @property
    def stamp(self) -> str:
        """A fingerprint of what publishing it would do: its edits, and the release they lie over."""
        return stamp_of("\n".join([str(self.live), *(f"{edit.file}\n{edit.stamp}" for edit in self.edits)]))

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        edits = [
            {"file": each.file, "what": each.what, "conflict": each.is_conflict, "author": each.author}
            for each in self.edits
        ]
        return {
            "name": self.name,
            "live": self.live,
            "stamp": self.stamp,
            "files": self.files,
            "edits": edits,
        }

    def edit_of(self, file: str) -> Edit | None:
        """The edit of one file, or None."""
        return next((edit for edit in self.edits if edit.file == file), None)

    def text_of(self, file: str) -> str | None:
        """A file as it stands in the draft; None when it is not there."""
        edit = self.edit_of(file)
        return self.live_files.get(file) if edit is None else edit.text


class ChangedMeanwhileError(ConflictError):
    """A file of a draft is not as its editor last saw it; `theirs` is how it is now."""

    code = "draft_changed"

    def __init__(self, file: str, theirs: str | None) -> None:
        super().__init__(
            f"Not saved: {file} changed since you opened it. Compare the two texts and save again.",
            detail={"file": file},
        )
        self.file, self.theirs = file, theirs


def stamp_of(text: str | None) -> str:
    """A fingerprint of a text; "" for a file that is not there."""
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()


def open_draft(runtime: Runtime, workspace_id: str, name: str) -> Draft:
    """A draft as it is now; one that changes nothing when there is none of this name."""
    with runtime.db.read() as session:
        return read_draft(session, workspace_id, name)


def read_draft(session: Session, workspace_id: str, name: str) -> Draft:
    """The same inside a transaction."""
    number, live = releases.live(session, workspace_id) or (0, {})
    every = [
        Edit(row.file, row.text, row.base_text, row.base, live.get(row.file), row.author, row.updated_at)
        for row in drafts.edits(session, workspace_id, name)
    ]
    edits, settled = (
        tuple(each for each in every if (each.text == each.live) is is_settled)
        for is_settled in (False, True)
    )
    environment = releases.live_environment(session, workspace_id)
    return Draft(name, number, live, edits, environment, settled)


def existing_draft(runtime: Runtime, workspace_id: str, name: str) -> Draft:
    """A draft that changes something. Raises NotFoundError."""
    draft = open_draft(runtime, workspace_id, name)
    if not draft.edits:
        raise NotFoundError("There is no such draft in this workspace.")
    return draft


def check_name(name: str, what: str) -> None:
    """Raises BadInputError for a name that cannot be kept."""
    if not name.strip() or len(name) > NAME_LIMIT or not is_storable(name) or not name.isprintable():
        raise BadInputError(
            f"The name of a {what} is a line of 1 to {NAME_LIMIT} characters.", code="bad_name"
        )
