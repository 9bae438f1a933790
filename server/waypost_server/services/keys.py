"""Make and revoke API keys. A key's text is seen once, by whoever made it."""

from __future__ import annotations

import secrets

from waypost_server.domain.api_key import SCOPES, ApiKey, make_key
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, keys, workspaces

NAME_LIMIT = 80


def create_key(
    runtime: Runtime,
    workspace_id: str,
    *,
    kind: str,
    name: str,
    actor: str,
    scopes: tuple[str, ...] | None = None,
) -> ApiKey:
    """A new key of `kind` (public or secret) with that kind's scopes, or fewer of them.

    Raises NotFoundError for an unknown workspace, BadInputError for a bad kind, name or scope.
    """
    name = name.strip()
    if kind not in SCOPES:
        raise BadInputError(f"A key is public or secret, not {kind!r}.", code="bad_kind")
    if not name or len(name) > NAME_LIMIT:
        raise BadInputError(f"Give the key a name of 1 to {NAME_LIMIT} characters.", code="bad_name")
    granted = SCOPES[kind] if scopes is None else tuple(scope for scope in SCOPES[kind] if scope in scopes)
    if not granted or (scopes is not None and len(granted) != len(set(scopes))):
        raise BadInputError(f"A {kind} key may have: {', '.join(SCOPES[kind])}.", code="bad_scope")
    key, now = make_key(kind, secrets.choice), runtime.clock()
    with runtime.db.write() as session:
        if workspaces.get(session, workspace_id) is None:
            raise NotFoundError(f"There is no workspace {workspace_id}.")
        keys.add(
            session,
            workspace_id,
            id=key.id,
            kind=kind,
            scopes=list(granted),
            name=name,
            hash=key.hash,
            created_at=now,
        )
        after = {"kind": kind, "name": name, "scopes": list(granted)}
        audit.append(
            session,
            workspace_id,
            audit.Entry(runtime.new_id(), now, actor, "key.create", key.id, after=after),
        )
    return key


def revoke_key(runtime: Runtime, workspace_id: str, key_id: str, *, actor: str) -> None:
    """Stop a key; every process obeys within five seconds. Twice is as good as once.

    Raises NotFoundError for a key this workspace does not have.
    """
    now = runtime.clock()
    with runtime.db.write() as session:
        if keys.revoke(session, workspace_id, key_id, now):
            entry = audit.Entry(runtime.new_id(), now, actor, "key.revoke", key_id)
            audit.append(session, workspace_id, entry)
        elif not keys.exists(session, workspace_id, key_id):
            raise NotFoundError("There is no key with this id.")
