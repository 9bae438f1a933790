"""An account's segment and motion, without a query where its own row says it all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.adoption import FACTS
from waypost_server.domain.motion import Override
from waypost_server.services.classify import classify, paths_read
from waypost_server.services.facts import account_facts
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import Account

_NOT_IN_ROW = frozenset({"account.users", "account.phase", "account.owner"})


def classify_row(
    session: Session, runtime: Runtime, release: LiveRelease, account: Account, *, now: datetime, today: date
) -> tuple[str | None, str]:
    """(segment, motion): the first rule that holds; no segment when none does, else the default motion.

    A motion that a person has set counts before any rule, until its time is over.
    """
    segment, motion = _by_rules(session, runtime, release, account, today)
    return segment, Override(account.motion_set, account.motion_until).in_force(now) or motion


def _by_rules(
    session: Session, runtime: Runtime, release: LiveRelease, account: Account, today: date
) -> tuple[str | None, str]:
    paths = paths_read(release.definitions)
    if all(path.startswith("account.") and path not in _NOT_IN_ROW for path in paths):
        return classify(release.definitions, _from_row(account, today))
    facts = account_facts(session, runtime, account.workspace_id, account.id, release, paths=paths)
    return classify(release.definitions, facts)


def _from_row(account: Account, today: date) -> dict[str, Any]:
    facts: dict[str, Any] = {
        **account.traits,
        "traits": account.traits,
        "id": account.id,
        "name": account.name,
        **{name: value for name in FACTS if (value := getattr(account, name)) is not None},
        "days_since_first_seen": (today - account.first_day).days if account.first_day else 0,
    }
    if account.renewal_on:
        facts["renewal_in_days"] = (account.renewal_on - today).days
    return {"account": facts}
