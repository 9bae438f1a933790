"""Traits and roles of people: the last writer wins, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.events import Event
from waypost_server.domain.traits import Profile, full_name, merge, stamp_of, text_trait
from waypost_server.services.ingest_accounts import Sender
from waypost_server.store import end_users

Writes = dict[str, list[tuple[str, Any]]]


def fold(session: Session, sender: Sender, fresh: Sequence[Event]) -> None:
    """Write the traits that identify calls set. The caller holds the locks of these users' rows."""
    writes: Writes = {}
    for event in fresh:
        if event.type == "identify" and event.user_id:
            said = {name: event.context[name] for name in ("locale", "timezone") if event.context.get(name)}
            stamp = stamp_of(event.stamp, sender.trust)
            writes.setdefault(event.user_id, []).append((stamp, {**said, **event.traits}))
    if writes:
        _set_traits(session, sender.workspace_id, writes)


def role_of(event: Event) -> str | None:
    """The role an event names: an identify call within an account, or a group call's context.traits."""
    if event.type == "identify" and event.group_id:
        return text_trait(event.traits, "role")
    if event.type == "group" and isinstance(event.context.get("traits"), dict):
        return text_trait(event.context["traits"], "role")
    return None


def _set_traits(session: Session, workspace_id: str, writes: Writes) -> None:
    stored = end_users.traits(session, workspace_id, sorted(writes))
    changed = []
    for user_id in sorted(writes):
        before = Profile(*stored[user_id])
        after = merge(before, writes[user_id])
        if after is not before:
            changed.append(_row(user_id, after))
    end_users.set_profiles(session, workspace_id, changed)


def _row(user_id: str, profile: Profile) -> dict[str, Any]:
    traits = profile.traits
    return {
        "id": user_id,
        "traits": dict(traits),
        "traits_at": dict(profile.stamps),
        "email": text_trait(traits, "email"),
        "name": full_name(traits),
        "locale": text_trait(traits, "locale", "language"),
        "timezone": text_trait(traits, "timezone"),
    }
