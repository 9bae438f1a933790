"""Publish a draft the careful way, and end the edits that became part of the release."""

from __future__ import annotations

from waypost_server.domain.errors import ConflictError
from waypost_server.services.apply import Applied, apply
from waypost_server.services.draft import Draft, existing_draft
from waypost_server.services.runtime import Runtime
from waypost_server.store import drafts


class DraftConflictError(ConflictError):
    """Files of the draft were published with another text meanwhile."""

    code = "draft_conflict"

    def __init__(self, draft: Draft) -> None:
        files = [edit.file for edit in draft.conflicts]
        super().__init__(
            f"Not published: {', '.join(files[:10])} changed in release {draft.live} too. "
            "Decide for each which text stays, then publish again.",
            detail={"files": files, "live": draft.live},
        )


def publish_draft(
    runtime: Runtime,
    workspace_id: str,
    name: str,
    *,
    author: str,
    message: str = "",
    accept_strategic: bool = False,
    seen: str | None = None,
) -> Applied:
    """Publish the live release with the draft's edits. With `seen`, only if that is still the draft's stamp.

    A process that dies in between leaves edits that equal the release; they change nothing and go with the next
    edit. Raises NotFoundError, DraftConflictError, RefusedError, StrategicError, BaseMovedError.
    """
    draft = existing_draft(runtime, workspace_id, name)
    if seen is not None and seen != draft.stamp:
        raise ConflictError(
            "Not published: the draft or the live release changed since its plan was shown. "
            "Look at the new plan and publish again.",
            code="draft_changed",
        )
    if draft.conflicts:
        raise DraftConflictError(draft)
    done = apply(
        runtime,
        workspace_id,
        draft.files,
        author=author,
        message=message,
        base=draft.live,
        accept_strategic=accept_strategic,
    )
    _settle(runtime, workspace_id, draft, done.number)
    return done


def _settle(runtime: Runtime, workspace_id: str, draft: Draft, number: int) -> None:
    """End what was published; an edit that moved on meanwhile goes on from the release."""
    with runtime.db.write() as session:
        for edit in draft.edits:
            place = (session, workspace_id, draft.name, edit.file)
            if drafts.discard(*place, stamp=edit.stamp):
                continue
            later = drafts.get(*place)
            if later is not None:
                values = {"base": number, "base_text": edit.text}
                drafts.replace(*place, stamp=later.stamp, values=values)
