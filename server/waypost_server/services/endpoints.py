"""What people do with endpoints: look at them, try one, switch one off and on again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from waypost_server.channels.chat import BOT, shown
from waypost_server.domain.circuit import after_success
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.policy import ChatRoom, Policy
from waypost_server.services.endpoint_secret import overlap_until
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, endpoints
from waypost_server.store.endpoints import Name
from waypost_server.store.tables import Endpoint

State = Literal["ok", "failing", "off", "unset"]
FAILED_SINCE = timedelta(days=7)
WHY = 200  # characters
ADDRESS = 2_000
_SERVICES = {"slack": "Slack", "teams": "Microsoft Teams"}


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint as people see it."""

    channel: str
    name: str
    goes_to: str
    address: str  # a chat room's, as far as it may be shown
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
    now, policy = runtime.clock(), policy_of(session, runtime, workspace_id)
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
    for name, room in sorted(policy.chat.items()):
        where = (
            f", room {room.room}" if room.room else f", trait {room.room_trait}" if room.room_trait else ""
        )
        yield ("chat", name), f"{_SERVICES[room.service]}{where}"


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
        note(session, runtime, workspace_id, name, actor, "endpoint.disable", why)


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
        note(session, runtime, workspace_id, name, actor, "endpoint.enable", "")
    runtime.doorbell.ring()
    return freed


def set_address(runtime: Runtime, workspace_id: str, name: Name, *, actor: str, address: str) -> None:
    """Give a chat room its incoming webhook's address, or a bot's token. It is never shown again.

    Raises NotFoundError, BadInputError.
    """
    address = address.strip()
    with runtime.db.write() as session:
        require(session, runtime, workspace_id, name)
        if name[0] != "chat":
            raise BadInputError("The address of a webhook stands in policy.yaml.", code="address_in_policy")
        _check_address(policy_of(session, runtime, workspace_id).chat[name[1]], address)
        held = endpoints.hold(session, workspace_id, *name)
        held.address = address
        endpoints.save(held, after_success())
        session.flush()
        endpoints.release_waiting(session, held, now=runtime.clock())
        note(session, runtime, workspace_id, name, actor, "endpoint.set_address", shown(address))
    runtime.doorbell.ring()


def _check_address(room: ChatRoom, address: str) -> None:
    if len(address) > ADDRESS or not address.isascii() or not address.isprintable() or " " in address:
        raise BadInputError("This is no address: it is too long, or has spaces in it.", code="bad_address")
    if room.service == "slack" and address.startswith(BOT):
        if not (room.room or room.room_trait):
            message = (
                "A bot's token needs to know where: add `room:` to the chat in policy.yaml, and publish."
            )
            raise BadInputError(message, code="bad_address")
        return
    if room.room or room.room_trait:
        message = f"policy.yaml names a room, so this needs a bot's token, which begins with {BOT}"
        raise BadInputError(message, code="bad_address")
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise BadInputError("Paste the whole address; it begins with https://", code="bad_address")


def policy_of(session: Session, runtime: Runtime, workspace_id: str) -> Policy:
    """The live one."""
    release = runtime.releases.live(session, workspace_id)
    return release.definitions.policy if release else Policy()


def require(session: Session, runtime: Runtime, workspace_id: str, name: Name) -> str:
    """Where an endpoint goes, as policy.yaml says; raises NotFoundError."""
    found = dict(named_in(policy_of(session, runtime, workspace_id))).get(name)
    if found is None:
        raise NotFoundError("There is no such endpoint in policy.yaml.")
    return found


def _hold(session: Session, runtime: Runtime, workspace_id: str, name: Name) -> Endpoint:
    require(session, runtime, workspace_id, name)
    return endpoints.hold(session, workspace_id, *name)


def _seen(name: Name, goes_to: str, row: Endpoint | None, waiting: int, failed: int, now: datetime) -> Seen:
    health = endpoints.health(row)
    address = shown(row.address) if row else ""
    state: State = "off" if health.disabled_at else "failing" if health.failures else "ok"
    if name[0] == "chat" and not address and state == "ok":
        state = "unset"
    return Seen(
        channel=name[0],
        name=name[1],
        goes_to=goes_to,
        address=address,
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


def note(
    session: Session, runtime: Runtime, workspace_id: str, name: Name, actor: str, action: str, said: str
) -> None:
    """A line of the audit log."""
    after = {"said": said} if said else None
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, action, ":".join(name), after=after)
    audit.append(session, workspace_id, entry)
