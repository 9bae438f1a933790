"""The facts about many people, with the statement of a decision run beside a list of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from waypost_server.services import facts
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import crowds

AT_ONCE = 2_000  # people read in one statement


def facts_of_many(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    pairs: Sequence[tuple[str, str]],
    *,
    paths: frozenset[str] | None = None,
) -> Iterator[facts.Facts]:
    """As `facts_for` of each (account, user), in their order, many people in one statement."""
    zone = runtime.releases.standing(session, workspace_id).zone
    subject = facts.subject_of(runtime, workspace_id, "", "", zone)
    needs = facts.wanted(release, paths)
    for start in range(0, len(pairs), AT_ONCE):
        chunk = pairs[start : start + AT_ONCE]
        for account_id, user_id, parts in crowds.parts(session, runtime.db.is_sqlite, needs, subject, chunk):
            yield facts.build(parts, subject.of(user_id, account_id), release, zone, paths=paths)
