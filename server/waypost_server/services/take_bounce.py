"""Take in what came back: stop writing to addresses that are gone or have complained, count the others.

A report may be read again and again; it counts once. Only the address that the delivery went to is touched.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from waypost_server.channels.bounce import Report
from waypost_server.services import known_secret
from waypost_server.services.addresses import address_hash
from waypost_server.services.reach_again import reach_again
from waypost_server.services.return_path import delivery_of
from waypost_server.services.runtime import Runtime
from waypost_server.store import bounces, deliveries, play_runs, suppressions
from waypost_server.store.tables import Delivery

log = logging.getLogger("waypost.bounce")
SOFT_MOST = 5  # soft bounces of an address within `SOFT_WITHIN` stop it like a hard one
SOFT_WITHIN = timedelta(days=30)
_OUTCOMES = {"hard": "bounced", "soft": "bounced for now", "complaint": "complained"}


@dataclass(slots=True)
class Taken:
    """What became of reports."""

    taken: int = 0
    known: int = 0  # read before
    unmatched: int = 0  # about no mail of this workspace
    suppressed: int = 0  # addresses that are not written to from now on


def take_reports(runtime: Runtime, workspace_id: str, reports: Iterable[Report]) -> Taken:
    """Each in a transaction of its own. Raises UnavailableError under another WAYPOST_SECRET than before: the
    addresses would be kept so that nobody recognises them, and the report counts once."""
    done = Taken()
    for report in reports:
        with runtime.db.write() as session:
            known_secret.check(session, runtime)
            row = _delivery(session, runtime, workspace_id, report)
            if row is None:
                done.unmatched += 1
            elif _take(session, runtime, row, report, done):
                done.taken += 1
            else:
                done.known += 1
    runtime.doorbell.ring()  # somebody may be reached in another way
    return done


def _delivery(session: Session, runtime: Runtime, workspace_id: str, report: Report) -> Delivery | None:
    signed = (delivery_of(runtime, workspace_id, address) for address in report.returned_to)
    delivery_id = next(filter(None, signed), "") or report.delivery_id
    found = deliveries.find(session, workspace_id, delivery_id) if delivery_id else None
    if found is None or found.channel != "email":
        return None
    play_runs.lock_accounts(
        session, workspace_id, {found.account_id}
    )  # before the delivery, as a sender does
    return deliveries.hold(session, workspace_id, delivery_id)


def _take(session: Session, runtime: Runtime, row: Delivery, report: Report, done: Taken) -> bool:
    now = runtime.clock()
    hashed = address_hash(runtime, row.workspace_id, row.recipient)
    new = bounces.put(
        session,
        {
            "workspace_id": row.workspace_id,
            "id": _identity(row, report),
            "address_hash": hashed,
            "delivery_id": row.id,
            "kind": report.kind,
            "status": report.status,
            "detail": report.detail,
            "at": now,
        },
    )
    if not new:
        return False
    never_arrived = _tell(session, row, report, runtime)
    reason = _stops(session, row, report, hashed, runtime)
    if reason and suppressions.add(session, row.workspace_id, hashed, reason=reason, at=now):
        done.suppressed += 1
    if never_arrived:
        reach_again(session, runtime, row, report.detail)
    log.info("bounce.taken", extra={"delivery": row.id, "kind": report.kind, "status": report.status})
    return True


def _identity(row: Delivery, report: Report) -> str:
    text = "\x1f".join((row.id, report.kind, report.status, report.report_id))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _tell(session: Session, row: Delivery, report: Report, runtime: Runtime) -> bool:
    """A line in the delivery's ledger; a mail that never arrived is not `sent`. Whether this report says so first."""
    now, outcome = runtime.clock(), _OUTCOMES[report.kind]
    row.attempts += 1
    deliveries.add_attempt(
        session, row.workspace_id, row.id, n=row.attempts, at=now, outcome=outcome, detail=report.detail
    )
    if row.state not in ("sent", "unknown"):
        return False
    row.reason = f"{outcome}: {report.detail}"[:500]
    if report.kind == "hard":
        row.state = "failed"
    return report.kind == "hard"


def _stops(session: Session, row: Delivery, report: Report, hashed: str, runtime: Runtime) -> str | None:
    """Why the address is not written to any more; None = it may be."""
    if report.kind == "complaint":
        return "complained"
    if report.kind == "hard":
        return "bounced"
    since = runtime.clock() - SOFT_WITHIN
    return "bounced" if bounces.soft(session, row.workspace_id, hashed, since=since) >= SOFT_MOST else None
