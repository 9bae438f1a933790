"""Who of the account went quiet: user-days by role before and after, added to a decay finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.signals import Finding, decay
from waypost_server.services.releases import LiveRelease
from waypost_server.store.tables import Account
from waypost_server.store.usage_weeks import user_days_by_role


def with_roles(session: Session, release: LiveRelease, account: Account, finding: Finding) -> Finding:
    """The finding with `roles`: role, user-days a week before and now. Other kinds are returned as is."""
    if finding.kind != "usage_decay":
        return finding
    features = release.definitions.catalog.features
    core = [feature.key for feature in features if feature.core] or [feature.key for feature in features]
    end = date.fromisoformat(str(finding.evidence["first_week"])) + timedelta(weeks=decay.WEEKS)
    split = end - timedelta(weeks=decay.RECENT)
    weeks = int(finding.evidence["baseline_weeks"])
    found = user_days_by_role(
        session,
        account.workspace_id,
        account.id,
        core,
        first=split - timedelta(weeks=weeks),
        split=split,
        end=end,
    )
    roles = [
        {
            "role": role or "no role",
            "before_per_week": round(before / weeks, 2),
            "now_per_week": round(now / decay.RECENT, 2),
        }
        for role, (before, now) in found.items()
    ]
    return replace(finding, evidence={**finding.evidence, "roles": roles})
