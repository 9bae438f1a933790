"""Write down how a try ended: sent, failed, unknown, or pending for another try."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.outcome import Abandoned, Later, Outcome, Refused, Sent, Unclear
from waypost_server.channels.webhook import RETRY_SECONDS
from waypost_server.services.addresses import address_hash
from waypost_server.services.endpoint_health import note_answer
from waypost_server.services.reach_again import reach_again
from waypost_server.services.runtime import Runtime
from waypost_server.store import deliveries, send_group, suppressions
from waypost_server.store.tables import Delivery

log = logging.getLogger("waypost.deliver")
EMAIL_RETRY_SECONDS = (60, 300, 1_800, 7_200, 18_000, 36_000)
SPREAD = 0.2


def settle(session: Session, runtime: Runtime, row: Delivery, *, fence: str, outcome: Outcome) -> bool:
    """One transaction: state, attempt, budget slot, suppression. False when the delivery is not ours any more."""
    if isinstance(outcome, Abandoned):
        return False
    now, n = runtime.clock(), row.attempts + 1
    values = _values(runtime, row, outcome, n=n, now=now)
    free = {"phase": "", "fence": None, "lease_until": None, "attempts": n, "claims": 0}
    if not deliveries.move(session, row.workspace_id, row.id, fence=fence, values={**free, **values}):
        return False
    name = type(outcome).__name__.lower()
    deliveries.add_attempt(
        session, row.workspace_id, row.id, n=n, at=now, outcome=name, detail=outcome.detail
    )
    if values["state"] in ("pending", "failed", "expired"):
        deliveries.return_touch(session, row.workspace_id, row.id)
    if row.channel != "email":
        note_answer(session, runtime, row, outcome)
    elif isinstance(outcome, Refused) and outcome.gone:
        _suppress(session, runtime, row, now)
        reach_again(session, runtime, row, outcome.detail)
    log.info("delivery.settled", extra={"delivery": row.id, "state": values["state"], "attempt": n})
    return True


def settle_all(
    session: Session,
    runtime: Runtime,
    rows: Sequence[Delivery],
    *,
    fence: str,
    outcomes: Mapping[str, Outcome],
) -> None:
    """A group in one transaction: what was sent in two statements, the rest one by one."""
    workspace_id, now = rows[0].workspace_id, runtime.clock()
    sent = {each: outcome for each, outcome in outcomes.items() if isinstance(outcome, Sent)}
    if sent:
        answers = {each: outcome.detail[:500] for each, outcome in sent.items()}
        tries = send_group.end_as_sent(session, workspace_id, answers, fence=fence, at=now)
        for each, n in tries.items():
            log.info("delivery.settled", extra={"delivery": each, "state": "sent", "attempt": n})
    for row in rows:
        if row.id in outcomes and row.id not in sent:
            settle(session, runtime, row, fence=fence, outcome=outcomes[row.id])


def _values(runtime: Runtime, row: Delivery, outcome: Outcome, *, n: int, now: datetime) -> dict[str, Any]:
    if isinstance(outcome, Sent):
        return {"state": "sent", "reason": outcome.detail[:500], "ended_at": now}
    if isinstance(outcome, Unclear):
        return {"state": "unknown", "reason": outcome.detail[:500], "ended_at": now}
    if isinstance(outcome, Refused):
        return {"state": "failed", "reason": outcome.detail[:500], "ended_at": now}
    assert isinstance(outcome, Later)
    return _again(runtime, row, outcome, n=n, now=now)


def _again(runtime: Runtime, row: Delivery, outcome: Later, *, n: int, now: datetime) -> dict[str, Any]:
    """Back to pending with a growing, spread-out pause; expired when that would be too late."""
    n -= row.tries_before
    schedule = EMAIL_RETRY_SECONDS if row.channel == "email" else RETRY_SECONDS
    if row.channel != "email" and n > len(schedule):
        return {"state": "failed", "reason": f"given up after {n} tries: {outcome.detail}", "ended_at": now}
    seconds = schedule[min(n, len(schedule)) - 1] * (1 - SPREAD + 2 * SPREAD * runtime.dice())
    pause = timedelta(seconds=max(seconds, outcome.after_seconds or 0))
    if now + pause >= row.expires_at:
        return {"state": "expired", "reason": f"no time left: {outcome.detail}", "ended_at": now}
    return {"state": "pending", "reason": outcome.detail[:500], "not_before": now + pause}


def _suppress(session: Session, runtime: Runtime, row: Delivery, now: datetime) -> None:
    """An address that does not exist is not tried again by anything."""
    hashed = address_hash(runtime, row.workspace_id, row.recipient)
    suppressions.add(session, row.workspace_id, hashed, reason="bounced", at=now)
