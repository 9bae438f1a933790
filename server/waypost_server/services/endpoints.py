"""What people do with endpoints: look at them, try one, switch one off and on again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from waypost_server.channels.outcome import Outcome, Sent
from waypost_server.channels.webhook import Post
from waypost_server.domain.circuit import after_success
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.policy import Policy
from waypost_server.services.endpoint_health import note_success
from waypost_server.services.endpoint_secret import overlap_until, signing_secrets
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, endpoints
from waypost_server.store.endpoints import Name
from waypost_server.store.tables import Endpoint

State = Literal["ok", "failing", "off"]
FAILED_SINCE = timedelta(days=7)
WHY = 200  # characters


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint as people see it."""

    channel: str
    name: str
    goes_to: str
    state: State
    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    disabled_at: datetime | None
    disabled_why: str
    ok_at: datetime | None
    overlap_until: datetime | None  # two secrets sign until then
    waiting: int  # messages not sent yet
    failed: int  # messages of the last seven days that it did not take


def see_all(session: Session, runtime: Runtime, workspace_id: str) -> list[Seen]:
    """Every endpoint of the live policy, by channel and name: four statements."""
    now, policy = runtime.clock(), _policy(session, runtime, workspace_id)
    known = endpoints.of_workspace(session, workspace_id)
    waiting = endpoints.waiting(session, workspace_id)
    failed = endpoints.failed(session, workspace_id, now - FAILED_SINCE)
    return [
        _seen(name, goes_to, known.get(name), waiting.get(name, 0), failed.get(name, 0), now)
        for name, goes_to in named_in(policy)
    ]


def named_in(policy: Policy) -> Iterator[tuple[Name, str]]:
    """The endpoints a policy names, and where each goes, as it may be shown."""
    for name, url in sorted(policy.webhooks.items()):
        yield ("webhook", name), url


def disable(runtime: Runtime, workspace_id: str, name: Name, *, actor: str, why: str) -> None:
    """Switch an endpoint off: messages to it wait. Raises NotFoundError, ConflictError, BadInputError."""
    why = why.replace("\x00", "").strip()[:WHY]
    if not why:
        raise BadInputError("Say in a few words why it is switched off.", code="reason_required")
    now = runtime.clock()
    with runtime.db.write() as session:
        held = _hold(session, runtime, workspace_id, name)
        if held.disabled_at is not None:
            raise ConflictError("It is switched off already.")
        held.disabled_at, held.disabled_why = now, why
        _note(session, runtime, workspace_id, name, actor, "endpoint.disable", why)


def enable(runtime: Runtime, workspace_id: str, name: Name, *, actor: str) -> int:
    """Switch an endpoint on, as if it had never failed; returns how many messages that waited go now.

    Raises NotFoundError, ConflictError.
    """
    with runtime.db.write() as session:
        held = _hold(session, runtime, workspace_id, name)
        if held.disabled_at is None and held.retry_at is None:
            raise ConflictError("It is switched on.")
        endpoints.save(held, after_success())
        session.flush()
        freed = endpoints.release_waiting(session, held, now=runtime.clock())
        _note(session, runtime, workspace_id, name, actor, "endpoint.enable", "")
    runtime.doorbell.ring()
    return freed


def send_test(runtime: Runtime, workspace_id: str, name: Name, *, actor: str) -> Outcome:
    """Send a test now and say what came of it. An endpoint that answers is taken to be well again.

    Raises NotFoundError, and ConflictError while nothing can be sent at all.
    """
    with runtime.db.read() as session:
        goes_to = _goes_to(session, runtime, workspace_id, name)
        secrets = signing_secrets(session, runtime, workspace_id, name[1])
    if runtime.poster is None:
        raise ConflictError("Nothing can be sent from here: no way out over HTTP is set up.")
    body = _test_body(runtime)
    outcome = runtime.poster.post(Post(runtime.new_id(), goes_to, secrets, body, runtime.clock()))
    with runtime.db.write() as session:
        if isinstance(outcome, Sent):
            note_success(session, runtime, workspace_id, *name)
        said = f"{type(outcome).__name__.lower()}: {outcome.detail}"
        _note(session, runtime, workspace_id, name, actor, "endpoint.test", said)
    return outcome


def _test_body(runtime: Runtime) -> str:
    at = runtime.clock().isoformat(timespec="seconds").replace("+00:00", "Z")
    data = {"message": "A test from Waypost: nothing happened, and nothing needs to be done."}
    return json.dumps({"type": "waypost.test", "timestamp": at, "data": data})


def _policy(session: Session, runtime: Runtime, workspace_id: str) -> Policy:
    release = runtime.releases.live(session, workspace_id)
    return release.definitions.policy if release else Policy()


def _goes_to(session: Session, runtime: Runtime, workspace_id: str, name: Name) -> str:
    found = dict(named_in(_policy(session, runtime, workspace_id))).get(name)
    if found is None:
        raise NotFoundError("There is no such endpoint in policy.yaml.")
    return found


def _hold(session: Session, runtime: Runtime, workspace_id: str, name: Name) -> Endpoint:
    _goes_to(session, runtime, workspace_id, name)
    return endpoints.hold(session, workspace_id, *name)


def _seen(name: Name, goes_to: str, row: Endpoint | None, waiting: int, failed: int, now: datetime) -> Seen:
    health = endpoints.health(row)
    state: State = "off" if health.disabled_at else "failing" if health.failures else "ok"
    return Seen(
        channel=name[0],
        name=name[1],
        goes_to=goes_to,
        state=state,
        failures=health.failures,
        failing_since=health.failing_since,
        retry_at=health.retry_at,
        disabled_at=health.disabled_at,
        disabled_why=health.disabled_why,
        ok_at=row.ok_at if row else None,
        overlap_until=overlap_until(row.rotated_at, now) if row else None,
        waiting=waiting,
        failed=failed,
    )


def _note(
    session: Session, runtime: Runtime, workspace_id: str, name: Name, actor: str, action: str, said: str
) -> None:
    after = {"said": said} if said else None
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, action, ":".join(name), after=after)
    audit.append(session, workspace_id, entry)
