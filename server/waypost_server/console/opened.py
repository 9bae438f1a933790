"""Which draft an address means: one that changes something, or one's own."""

from __future__ import annotations

from flask import url_for

from waypost_server.console.access import login, own_draft, runtime
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.draft import Draft, open_draft
from waypost_server.store import drafts


def opened(name: str) -> Draft:
    """The draft of this name. Raises NotFoundError, unless it is the reader's own."""
    draft = open_draft(runtime(), login().workspace_id, name)
    if not draft.edits and name != own_draft():
        raise NotFoundError("There is no such draft in this workspace.")
    return draft


def after(name: str) -> str:
    """Where to go on after an edit ended: the draft, or the list when nothing is left of it."""
    if name == own_draft():
        return url_for("console.draft", name=name)
    with runtime().db.read() as session:
        is_left = drafts.count(session, login().workspace_id, name)
    return url_for("console.draft", name=name) if is_left else url_for("console.drafts")
