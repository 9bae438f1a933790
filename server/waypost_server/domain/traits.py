"""Traits of a user or account: the last writer wins, trait by trait, whatever the order of arrival.

Each trait keeps the stamp "time|messageId" of the event that set it; the greatest stamp wins. A stamp of
an unproved caller starts with "!", which sorts below every time: it fills gaps and never overwrites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from waypost_server.domain import limits

UNPROVED = "!"


@dataclass(frozen=True, slots=True)
class Profile:
    """Traits with the stamp of the event that set each. A trait set to null keeps only its stamp."""

    traits: Mapping[str, Any]
    stamps: Mapping[str, str]


def stamp_of(stamp: str, trust: str) -> str:
    """The stamp as weighed: an asserted one is below all others."""
    return UNPROVED + stamp if trust == "asserted" else stamp


def merge(profile: Profile, writes: Iterable[tuple[str, Mapping[str, Any]]]) -> Profile:
    """`profile` after `writes` (stamp, traits), in any order; the same object when nothing changed.

    Keeps the first PROFILE_TRAITS names in alphabetical order, which no order of arrival changes.
    """
    traits, stamps = dict(profile.traits), dict(profile.stamps)
    changed = False
    for stamp, values in writes:
        for name, value in values.items():
            if stamp <= stamps.get(name, ""):
                continue
            stamps[name] = stamp
            changed = True
            if value is None:
                traits.pop(name, None)
            else:
                traits[name] = value
    if not changed:
        return profile
    kept = sorted(stamps)[: limits.PROFILE_TRAITS]
    return Profile(
        traits={name: traits[name] for name in kept if name in traits},
        stamps={name: stamps[name] for name in kept},
    )


def text_trait(traits: Mapping[str, Any], *names: str) -> str | None:
    """The first of `names` that holds text, or None."""
    for name in names:
        value = traits.get(name)
        if type(value) is str and value.strip():
            return value.strip()
    return None


def full_name(traits: Mapping[str, Any]) -> str | None:
    """`name`, or `firstName` and `lastName` together."""
    parts = (text_trait(traits, "firstName", "first_name"), text_trait(traits, "lastName", "last_name"))
    return text_trait(traits, "name") or " ".join(part for part in parts if part) or None
