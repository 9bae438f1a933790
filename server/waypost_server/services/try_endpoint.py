"""Send an endpoint a test, now, and say what came of it."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.channels.chat import ChatPost
from waypost_server.channels.outcome import Blocked, Outcome, Sent
from waypost_server.channels.webhook import Post
from waypost_server.domain.errors import ConflictError
from waypost_server.services.endpoint_health import note_blocked, note_success
from waypost_server.services.endpoint_secret import signing_secrets
from waypost_server.services.endpoints import note, policy_of, require
from waypost_server.services.runtime import Runtime
from waypost_server.store import endpoints
from waypost_server.store.endpoints import Name

WORDS = "A test from Waypost: nothing happened, and nothing needs to be done."


def try_endpoint(runtime: Runtime, workspace_id: str, name: Name, *, actor: str) -> Outcome:
    """An endpoint that takes it is taken to be well again: what waited goes.

    Raises NotFoundError, and ConflictError while nothing can be sent at all.
    """
    outcome = (_chat if name[0] == "chat" else _webhook)(runtime, workspace_id, name)
    with runtime.db.write() as session:
        if isinstance(outcome, Sent):
            note_success(session, runtime, workspace_id, *name)
        elif isinstance(outcome, Blocked):
            note_blocked(session, workspace_id, *name)
        said = f"{type(outcome).__name__.lower()}: {outcome.detail}"
        note(session, runtime, workspace_id, name, actor, "endpoint.test", said)
    return outcome


def _webhook(runtime: Runtime, workspace_id: str, name: Name) -> Outcome:
    with runtime.db.read() as session:
        url = require(session, runtime, workspace_id, name)
        secrets = signing_secrets(session, runtime, workspace_id, name[1])
    if runtime.poster is None:
        raise ConflictError("Nothing can be sent from here: no way out over HTTP is set up.")
    now = runtime.clock()
    return runtime.poster.post(Post(runtime.new_id(), url, secrets, _body(now), now))


def _body(now: datetime) -> str:
    at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": "waypost.test", "timestamp": at, "data": {"message": WORDS}})


def _chat(runtime: Runtime, workspace_id: str, name: Name) -> Outcome:
    with runtime.db.read() as session:
        post = _chat_post(session, runtime, workspace_id, name)
    if runtime.chat is None or not runtime.chat.can_post(post.address):
        raise ConflictError("Give its address first: without it nothing can be sent.")
    return runtime.chat.post(post, lambda: True)


def _chat_post(session: Session, runtime: Runtime, workspace_id: str, name: Name) -> ChatPost:
    require(session, runtime, workspace_id, name)
    room = policy_of(session, runtime, workspace_id).chat[name[1]]
    if room.room_trait:
        message = f"Each account names its own room (trait {room.room_trait}), so there is none to try."
        raise ConflictError(message)
    row = endpoints.named(session, workspace_id, [name]).get(name)
    return ChatPost(room.service, row.address if row else "", "A test from Waypost", WORDS, room.room)
