"""Compare every account with its peers, once a week, and keep what each may be told.

Weekly and not live: two close looks by one company would reveal who joined in between.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Definitions
from waypost_server.domain.local_day import day_of
from waypost_server.domain.peers import OPT_OUT, Company, Done, compare
from waypost_server.domain.weeks import monday
from waypost_server.services.releases import Standing
from waypost_server.services.runtime import Runtime
from waypost_server.store import peers as store

log = logging.getLogger("waypost.peers")
LATELY = timedelta(days=28)
LAST_WEEK = timedelta(days=7)


def compare_peers(runtime: Runtime, workspace_id: str) -> bool:
    """Do this week's comparison if nobody has; whether it was done here. One transaction: all of it or nothing."""
    with runtime.db.read() as session:
        standing = runtime.releases.standing(session, workspace_id)
        week = monday(day_of(runtime.clock(), standing.zone))
        if standing.release is None or store.is_compared(session, workspace_id, week):
            return False
    with runtime.db.write() as session:
        now = runtime.clock()
        if not store.take_week(session, workspace_id, week, now):
            return False
        companies = _companies(session, standing, workspace_id, now)
        told = compare(companies, subjects(standing.release.definitions))
        rows = [
            {
                "workspace_id": workspace_id,
                "account_id": each.id,
                "week": week,
                "peers": each.peers,
                "shares": each.shares,
            }
            for each in told
        ]
        store.replace(session, workspace_id, week, rows)
    log.info("peers.compared", extra={"accounts": len(rows)})
    return True


def subjects(definitions: Definitions) -> list[Done]:
    """Everything that is compared."""
    features = [feature.key for feature in definitions.catalog.features]
    milestones = [milestone.key for milestone in definitions.journey.milestones]
    return [
        *((key, "active_share") for key in features),
        *((key, "new_share") for key in features),
        *((key, "reached_share") for key in milestones),
    ]


def _companies(session: Session, standing: Standing, workspace_id: str, now: datetime) -> list[Company]:
    done: dict[str, set[Done]] = {}
    for measure, pairs in (
        ("active_share", store.used_since(session, workspace_id, now - LATELY)),
        ("new_share", store.first_used_since(session, workspace_id, now - LAST_WEEK)),
        ("reached_share", store.reached(session, workspace_id)),
    ):
        for account_id, key in pairs:
            done.setdefault(account_id, set()).add((key, measure))
    today = day_of(now, standing.zone)
    return [
        Company(row.id, row.segment, row.people, frozenset(done.get(row.id, ())))
        for row in store.living(session, workspace_id, today)
        if not row.traits.get(OPT_OUT)
    ]
