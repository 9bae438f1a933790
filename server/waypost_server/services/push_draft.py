"""Make a draft of a folder: the inverse of pulling it, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

from waypost_server.domain.errors import BadInputError, ConflictError
from waypost_server.services.draft import Draft, check_name, read_draft
from waypost_server.services.edit_draft import check_file, note, put
from waypost_server.services.publish import MAX_BYTES
from waypost_server.services.runtime import Runtime


class DraftInTheWayError(ConflictError):
    """The draft holds edits that the push would overwrite unseen."""

    code = "draft_in_the_way"


def push_draft(
    runtime: Runtime,
    workspace_id: str,
    name: str,
    files: Mapping[str, str],
    *,
    author: str,
    seen: str | None = None,
) -> Draft:
    """Make the draft hold exactly `files`: what differs from the live release is edited, what is missing deleted.

    Edits that are there already and would change are overwritten only if `seen` is the draft's stamp.
    Raises DraftInTheWayError, ChangedMeanwhileError, BadInputError.
    """
    _check(name, files)
    with runtime.db.write() as session:
        draft = read_draft(session, workspace_id, name)
        before = draft.files
        texts = {
            file: files.get(file)
            for file in sorted(before.keys() | files.keys())
            if before.get(file) != files.get(file)
        }
        lost = overwritten(draft, files)
        if lost and seen != draft.stamp:
            raise DraftInTheWayError(
                f"Not pushed: the draft {name} holds other edits of {', '.join(lost[:10])}. "
                "Pull the draft and take over what you want to keep, or push over it.",
                detail={"files": lost, "stamp": draft.stamp},
            )
        put(session, runtime, workspace_id, draft, texts, author)
        if texts:
            note(session, runtime, workspace_id, author, "draft.push", name)
        return read_draft(session, workspace_id, name)


def overwritten(draft: Draft, files: Mapping[str, str]) -> list[str]:
    """The files whose edit in the draft would be lost."""
    return [edit.file for edit in draft.edits if files.get(edit.file) != edit.text]


def _check(name: str, files: Mapping[str, str]) -> None:
    check_name(name, "draft")
    size = sum(len(file) + len(text.encode("utf-8", "replace")) for file, text in files.items())
    if size > MAX_BYTES:
        raise BadInputError(f"The files hold {size:,} bytes; use at most {MAX_BYTES:,}.", code="too_large")
    for file, text in files.items():
        check_file(file, text)
