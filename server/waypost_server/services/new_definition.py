"""Start a definition in a draft: the first draft that `waypost nudges new` writes into a folder."""

from __future__ import annotations

import re

from waypost_server.definitions.loader import load_files
from waypost_server.definitions.scaffolds import KINDS, scaffold
from waypost_server.domain.errors import BadInputError
from waypost_server.services.draft import read_draft
from waypost_server.services.edit_draft import note, put
from waypost_server.services.runtime import Runtime


def new_definition(
    runtime: Runtime, workspace_id: str, draft: str, kind: str, key: str, title: str, *, author: str
) -> str:
    """Write files of `kind` into the draft; the name of the first. Raises BadInputError, ChangedMeanwhileError."""
    if kind not in KINDS:
        raise BadInputError(f"There is nothing called {kind!r} to start; choose one of: {', '.join(KINDS)}.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        raise BadInputError(
            f"{key!r} is no key: use 1 to 64 of a-z 0-9 _ - and begin with a letter or digit."
        )
    words = " ".join(title.split())[:200] or key.replace("-", " ").replace("_", " ").capitalize()
    with runtime.db.write() as session:
        found = read_draft(session, workspace_id, draft)
        definitions = load_files(found.files).definitions
        if not definitions.catalog.features:
            raise BadInputError("catalog.yaml has no feature to aim at. Write one there first.")
        files = scaffold(kind, key, words, definitions)
        taken = next((name for name in files if name in found.files), None)
        if taken:
            raise BadInputError(f"{taken} is there already. Choose another key.")
        put(session, runtime, workspace_id, found, files, author)
        note(session, runtime, workspace_id, author, "draft.save", f"{draft}: {', '.join(files)}")
    return next(iter(files))
