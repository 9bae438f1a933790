"""Take back what dead workers held, and end what has waited too long. Safe to repeat at any time."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import timedelta

from sqlalchemy.exc import OperationalError

from waypost_server.domain.history import CLAIM_LASTS
from waypost_server.services import motion
from waypost_server.services.runtime import Runtime
from waypost_server.services.tend_tasks import tend_tasks
from waypost_server.services.workshop_follow_up import follow_up
from waypost_server.store import approvals, deliveries, offers, play_runs, touches

log = logging.getLogger("waypost.recover")
CLAIMS = 1000  # lapsed at most in one call
APPROVAL_LASTS = timedelta(days=14)  # a message waits no longer for a yes


def recover(runtime: Runtime) -> None:
    """Expired leases, expired deliveries, runs that killed five workers, motions that people set for a while, and
    claims that nobody painted. Tasks: snoozed ones wake, late ones go to the lead. Workshops are followed up.

    What fails keeps none of the others from being done.
    """
    for part in (motion.expire, _lapse_claims, _take_back, tend_tasks, follow_up):
        try:
            part(runtime)
        except OperationalError:  # the database is away or busy: for all of them
            raise
        except Exception:  # boundary: one workspace's data must not leave everybody's messages lying
            log.exception("recover.failed")


def _take_back(runtime: Runtime) -> None:
    now = runtime.clock()
    with runtime.db.write() as session:
        back, unknown = deliveries.recover_expired(session, now=now)
        expired = deliveries.expire_old(session, now=now)
        expired += approvals.expire(session, asked_before=now - APPROVAL_LASTS, now=now)
        parked = play_runs.park(session, now=now)
    if back or unknown or expired or parked:
        found = {"pending": back, "unknown": unknown, "expired": expired, "parked": parked}
        log.warning("recover.found", extra=found)


def _lapse_claims(runtime: Runtime) -> None:
    """End claims that were never followed by `shown`, and give their slots back.

    Decisions do not count them from the tenth minute on; this makes the ledger of touches say the same.
    """
    with runtime.db.write() as session:
        before = runtime.clock() - CLAIM_LASTS
        by_workspace: defaultdict[str, list[str]] = defaultdict(list)
        for workspace_id, offer_id in offers.lapse_all(session, claimed_before=before, limit=CLAIMS):
            by_workspace[workspace_id].append(offer_id)
        for workspace_id, offer_ids in by_workspace.items():
            touches.give_back(session, workspace_id, offer_ids)
