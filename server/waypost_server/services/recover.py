"""Take back what dead workers held, and end what has waited too long. Safe to repeat at any time."""

from __future__ import annotations

import logging

from waypost_server.services.runtime import Runtime
from waypost_server.store import deliveries, play_runs, tasks

log = logging.getLogger("waypost.recover")


def recover(runtime: Runtime) -> None:
    """Expired leases, expired deliveries, runs that killed five workers, snoozed tasks whose time has come."""
    now = runtime.clock()
    with runtime.db.write() as session:
        back, unknown = deliveries.recover_expired(session, now=now)
        expired = deliveries.expire_old(session, now=now)
        parked = play_runs.park(session, now=now)
        tasks.wake_snoozed(session, now=now)
    if back or unknown or expired or parked:
        found = {"pending": back, "unknown": unknown, "expired": expired, "parked": parked}
        log.warning("recover.found", extra=found)
