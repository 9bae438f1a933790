"""The signing secrets of webhooks: shown, changed, and used two at a time while receivers change over.

They are derived from the server's secret, so the database holds only which version is the newest.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.errors import NotFoundError
from waypost_server.services.addresses import webhook_secret
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, endpoints

OVERLAP = timedelta(hours=24)
CHANNEL = "webhook"


def signing_secrets(session: Session, runtime: Runtime, workspace_id: str, name: str) -> tuple[str, ...]:
    """What a webhook is signed with now: the newest first, and for a day after a change the one before as well."""
    row = endpoints.named(session, workspace_id, [(CHANNEL, name)]).get((CHANNEL, name))
    if row is None or not row.secret_version:
        return (webhook_secret(runtime, workspace_id, name),)
    newest = webhook_secret(runtime, workspace_id, name, row.secret_version)
    if overlap_until(row.rotated_at, runtime.clock()) is None:
        return (newest,)
    return newest, webhook_secret(runtime, workspace_id, name, row.secret_version - 1)


def overlap_until(rotated_at: datetime | None, now: datetime) -> datetime | None:
    """Until when the secret before the newest signs as well; None when it does not any more."""
    until = rotated_at + OVERLAP if rotated_at else None
    return until if until and now < until else None


def show_secret(runtime: Runtime, workspace_id: str, name: str, *, actor: str) -> str:
    """The newest secret; the audit log says who looked. Raises NotFoundError."""
    with runtime.db.write() as session:
        _known(session, runtime, workspace_id, name)
        _note(session, runtime, workspace_id, name, actor, "endpoint.show_secret")
        return signing_secrets(session, runtime, workspace_id, name)[0]


def rotate_secret(runtime: Runtime, workspace_id: str, name: str, *, actor: str) -> str:
    """Make a new secret and return it; the one before goes on signing for a day. Raises NotFoundError."""
    with runtime.db.write() as session:
        _known(session, runtime, workspace_id, name)
        row = endpoints.hold(session, workspace_id, CHANNEL, name)
        row.secret_version += 1
        row.rotated_at = runtime.clock()
        _note(session, runtime, workspace_id, name, actor, "endpoint.rotate_secret")
        return webhook_secret(runtime, workspace_id, name, row.secret_version)


def _known(session: Session, runtime: Runtime, workspace_id: str, name: str) -> None:
    release = runtime.releases.live(session, workspace_id)
    if release is None or name not in release.definitions.policy.webhooks:
        raise NotFoundError("There is no such endpoint.")


def _note(session: Session, runtime: Runtime, workspace_id: str, name: str, actor: str, action: str) -> None:
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, action, f"{CHANNEL}:{name}")
    audit.append(session, workspace_id, entry)
