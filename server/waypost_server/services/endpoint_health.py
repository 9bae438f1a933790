"""Keep what an endpoint answers: leave it alone while it fails, switch it off when it is gone, and say so."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.channels.outcome import Blocked, Later, Outcome, Refused, Sent
from waypost_server.domain.circuit import after_failure, after_success
from waypost_server.services.put_notice import Notice, notify_admins
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, endpoints
from waypost_server.store.endpoints import FAILING, SWITCHED_OFF
from waypost_server.store.tables import Delivery, Endpoint

log = logging.getLogger("waypost.endpoint")
KEPT = timedelta(days=30)  # a message that waits for its endpoint is kept for so long
PROBE = timedelta(seconds=120)  # longer than a try may take; then another message may try
LOOK_AGAIN = timedelta(days=1)
NOTED = timedelta(minutes=1)  # how old the time of the last good answer may be


def wait_until(session: Session, endpoint: Endpoint | None, now: datetime) -> tuple[datetime, str] | None:
    """(until when, why) a message has to wait for its endpoint; None = send it, and it may be the one that tries."""
    if endpoint is None:
        return None
    if endpoint.disabled_at is not None:
        return now + LOOK_AGAIN, SWITCHED_OFF
    if endpoint.retry_at is None:
        return None
    if endpoint.retry_at > now:
        return endpoint.retry_at, FAILING
    until = now + PROBE
    return None if endpoints.take_probe(session, endpoint, until=until) else (until, FAILING)


def note_answer(session: Session, runtime: Runtime, row: Delivery, outcome: Outcome) -> None:
    """Count the answer to one message. The delivery is written before, so that locks come in one order."""
    if (isinstance(outcome, Refused) and not outcome.asked) or (
        isinstance(outcome, Later) and outcome.too_fast
    ):
        return
    if isinstance(outcome, Sent):
        note_success(session, runtime, row.workspace_id, row.channel, row.recipient)
    else:
        _failure(session, runtime, row, outcome)


def note_blocked(session: Session, workspace_id: str, channel: str, name: str) -> None:
    """Count a call that the guarded way out did not make."""
    endpoints.hold(session, workspace_id, channel, name).blocked += 1


def note_success(session: Session, runtime: Runtime, workspace_id: str, channel: str, name: str) -> None:
    """A good answer: what waited goes now. Most of the time there is nothing to write."""
    now = runtime.clock()
    known = endpoints.named(session, workspace_id, [(channel, name)]).get((channel, name))
    if known and not known.failures and known.ok_at and now - known.ok_at < NOTED:
        return
    held = endpoints.hold(session, workspace_id, channel, name)
    held.ok_at = now
    if held.disabled_at is not None:
        return  # it works again, but a person switches it on
    if held.failures:
        endpoints.save(held, after_success())
        session.flush()
        endpoints.release_waiting(session, held, now=now)


def _failure(session: Session, runtime: Runtime, row: Delivery, outcome: Outcome) -> None:
    now = runtime.clock()
    held = endpoints.hold(session, row.workspace_id, row.channel, row.recipient)
    held.blocked += isinstance(outcome, Blocked)
    if held.disabled_at is not None:
        return
    after = after_failure(
        endpoints.health(held),
        now,
        after_seconds=outcome.after_seconds if isinstance(outcome, Later) else None,
        gone=isinstance(outcome, Refused) and outcome.gone,
    )
    endpoints.save(held, after)
    if after.disabled_at is None:
        return
    log.warning("endpoint.off", extra={"channel": held.channel, "endpoint": held.name})
    subject = f"{held.channel}:{held.name}"
    why = {"why": after.disabled_why}
    entry = audit.Entry(runtime.new_id(), now, "waypost", "endpoint.disable", subject, after=why)
    audit.append(session, row.workspace_id, entry)
    notify_admins(session, runtime, row.workspace_id, _switched_off(runtime, held, after.disabled_why, now))


def _switched_off(runtime: Runtime, endpoint: Endpoint, why: str, now: datetime) -> Notice:
    return Notice(
        subject=f"The {endpoint.channel} {endpoint.name} is switched off",
        body=(
            f"Waypost no longer calls the {endpoint.channel} **{endpoint.name}**: {why}.\n\n"
            f"Nothing is lost: messages to it wait for {KEPT.days} days. Repair it, send it a test and switch it on "
            f"under [Settings, Endpoints]({runtime.base_url}/console/settings/endpoints)."
        ),
        dedupe=f"endpoint-off:{endpoint.channel}:{endpoint.name}:{now.isoformat()}",
    )
