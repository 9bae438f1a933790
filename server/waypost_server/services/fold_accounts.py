"""Traits of accounts, with what follows from them: name, owner, renewal date, segment and motion."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.clock_skew import parse_time
from waypost_server.domain.events import Event
from waypost_server.domain.local_day import day_of
from waypost_server.domain.motion import Override
from waypost_server.domain.traits import Profile, merge, stamp_of, text_trait
from waypost_server.services.classify import account_facts, classify, needs_only_traits
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan
from waypost_server.store import accounts_fold as store
from waypost_server.store import past_values

Writes = dict[str, list[tuple[str, Any]]]


NAMES_ITS_ZONE = re.compile(r"\d[T ]\d.*(?:Z|[+-]\d\d:?\d\d)\s*$")
UNTOLD = ("owner", "segment", "motion")  # what the log alone does not tell: rules and people change it too


def fold(
    session: Session,
    sender: Sender,
    plan: Plan,
    fresh: Sequence[Event],
    accounts: Mapping[str, str],
    now: datetime,
) -> None:
    """Write the traits that group calls set. The caller holds the locks of these accounts' rows."""
    if not sender.describes_accounts:
        return
    writes: Writes = {}
    for event in fresh:
        account_id = accounts[event.message_id]
        if event.type == "group" and event.traits and account_id:
            stamp = stamp_of(event.stamp, sender.trust)
            writes.setdefault(account_id, []).append((stamp, event.traits))
    if writes:
        _set_traits(session, sender.workspace_id, plan, writes, now)


def _set_traits(session: Session, workspace_id: str, plan: Plan, writes: Writes, now: datetime) -> None:
    changed: list[tuple[store.Stored, Profile]] = []
    for stored in store.traits(session, workspace_id, sorted(writes)):
        before = Profile(stored.traits, stored.stamps)
        after = merge(before, writes[stored.id])
        if after is not before:
            changed.append((stored, after))
    owners = _owners(session, workspace_id, changed)
    rows = [_row(stored, after, plan, owners, now) for stored, after in changed]
    for (stored, _), row in zip(changed, rows, strict=True):
        was = {field: getattr(stored, field) for field in UNTOLD if getattr(stored, field) != row[field]}
        past_values.keep(session, workspace_id, stored.id, was, at=now)
    store.set_profiles(session, workspace_id, rows)


def _owners(
    session: Session, workspace_id: str, changed: Sequence[tuple[store.Stored, Profile]]
) -> dict[str, str]:
    emails = {text_trait(after.traits, "csm") for _, after in changed} - {None}
    wanted = sorted(email.lower() for email in emails if email)
    return store.console_user_ids(session, workspace_id, wanted) if wanted else {}


def _row(
    stored: store.Stored, after: Profile, plan: Plan, owners: dict[str, str], now: datetime
) -> dict[str, Any]:
    name = text_trait(after.traits, "name") or ""
    segment, motion = _class(stored, after, plan, name)
    return {
        "id": stored.id,
        "name": name,
        "traits": dict(after.traits),
        "traits_at": dict(after.stamps),
        "owner": _owner(stored, after, owners),
        "renewal_on": renewal_on(after.traits, plan.zone),
        "segment": segment,
        "motion": Override(stored.motion_set, stored.motion_until).in_force(now) or motion,
    }


def _class(stored: store.Stored, after: Profile, plan: Plan, name: str) -> tuple[str | None, str | None]:
    """Only where the account's traits decide; otherwise the next evaluation finds it."""
    if plan.definitions is None or not needs_only_traits(plan.definitions):
        return stored.segment, stored.motion
    return classify(plan.definitions, account_facts(stored.id, name, after.traits))


def _owner(stored: store.Stored, after: Profile, owners: dict[str, str]) -> str | None:
    """The trait `csm` names the owner, unless a person has."""
    if stored.owner_set is not None:
        return stored.owner
    email = text_trait(after.traits, "csm")
    if email == text_trait(stored.traits, "csm"):
        return stored.owner
    return owners.get(email.lower()) if email else None


def renewal_on(traits: Any, zone: tzinfo) -> date | None:
    """The renewal date from the trait `renewal_on`, `renewal_date` or `renewalDate`: the day as written, or, where a
    time names its own zone, the workspace's day at that time."""
    text = text_trait(traits, "renewal_on", "renewal_date", "renewalDate")
    at = parse_time(text) if text else None
    if text is None or at is None:
        return None
    return day_of(at, zone) if NAMES_ITS_ZONE.search(text) else at.date()
