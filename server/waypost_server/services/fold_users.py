"""People and memberships: days, roles, trust and traits. Writes only what changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from waypost_server.domain.events import Event
from waypost_server.domain.traits import Profile, full_name, merge, stamp_of, text_trait
from waypost_server.services.ingest_accounts import Sender
from waypost_server.store import end_users, memberships

if TYPE_CHECKING:
    from waypost_server.services.fold import Folded

RANK = {"asserted": 0, "verified": 1, "server": 2}
REACTION = "$nudge"
Writes = dict[str, list[tuple[str, Any]]]


def fold(session: Session, sender: Sender, batch: Sequence[Folded]) -> None:
    """Fold the people of `batch`. Locks the rows it changes, and those of people who reacted to a nudge."""
    active = [each for each in batch if each.event.user_id]
    if not active:
        return
    writes = trait_writes(active, sender.trust)
    _see_users(session, sender, active, writes)
    _see_members(session, sender, active)
    if writes:
        _set_traits(session, sender.workspace_id, writes)


def trait_writes(active: Sequence[Folded], trust: str) -> Writes:
    """What each identify call says, by user."""
    writes: Writes = {}
    for each in active:
        event = each.event
        if event.type == "identify":
            said = {name: event.context[name] for name in ("locale", "timezone") if event.context.get(name)}
            writes.setdefault(event.user_id, []).append(
                (stamp_of(event.stamp, trust), {**said, **event.traits})
            )
    return writes


def _see_users(session: Session, sender: Sender, active: Sequence[Folded], writes: Writes) -> None:
    spans: dict[str, tuple[date, date]] = {}
    locked = set(writes)
    for each in active:
        user_id, day = each.event.user_id, each.day
        first, last = spans.get(user_id, (day, day))
        spans[user_id] = (min(first, day), max(last, day))
        if each.event.name == REACTION:
            locked.add(user_id)
    known = end_users.existing(session, sender.workspace_id, spans)
    changed = [
        end_users.Seen(user_id, sender.trust, first, last)
        for user_id, (first, last) in spans.items()
        if user_id in locked or _is_news(known.get(user_id), sender.trust, first, last)
    ]
    if changed:
        end_users.see(session, sender.workspace_id, changed)


def _is_news(known: end_users.Seen | None, trust: str, first: date, last: date) -> bool:
    if known is None or RANK[trust] > RANK[known.trust]:
        return True
    return first < known.first_day or last > known.last_day


def _see_members(session: Session, sender: Sender, active: Sequence[Folded]) -> None:
    seen: dict[tuple[str, str], memberships.Seen] = {}
    for each in active:
        pair = (each.account_id, each.event.user_id)
        if each.account_id:
            seen[pair] = _widened(seen.get(pair), each, sender.trust)
    if not seen:
        return
    known = memberships.existing(session, sender.workspace_id, seen)
    changed = [
        each
        for pair, each in seen.items()
        if each.role_at is not None
        or pair not in known
        or each.first_day < known[pair][0]
        or each.last_day > known[pair][1]
    ]
    if changed:
        memberships.see(session, sender.workspace_id, changed)


def _widened(seen: memberships.Seen | None, each: Folded, trust: str) -> memberships.Seen:
    event, day = each.event, each.day
    role = role_of(event)
    stamp = None if role is None else stamp_of(event.stamp, trust)
    if seen is None:
        return memberships.Seen(each.account_id, event.user_id, role, stamp, day, day)
    if (stamp or "") <= (seen.role_at or ""):
        role, stamp = seen.role, seen.role_at
    return memberships.Seen(
        each.account_id, event.user_id, role, stamp, min(seen.first_day, day), max(seen.last_day, day)
    )


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
