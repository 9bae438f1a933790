"""What the facts of a release ask the store for; everything else stays unread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from .fact_catalogue import KEYS, window

ADOPTION = frozenset(
    {"account.adoption", "account.adoption_score", "account.unmet_behaviours", "account.next_step"}
)


@dataclass(frozen=True, slots=True)
class Needs:
    """Keys by what has to be read for them. Windows go with the fields asked for: `("report_export", "days_28d")`."""

    usage: frozenset[str] = frozenset()  # features: this person's totals and first and last use
    usage_windows: frozenset[tuple[str, ...]] = frozenset()  # feature and field, of this person's days
    account_usage: frozenset[str] = frozenset()  # features: the account's totals
    account_windows: frozenset[tuple[str, ...]] = frozenset()  # feature and field, of the account's days
    role_windows: frozenset[tuple[str, ...]] = frozenset()  # role, feature and field
    milestones: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    nudges: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()  # nudges whose words the person saw
    surveys: frozenset[tuple[str, ...]] = frozenset()  # survey and question
    account_users: bool = False  # the number of people in the account
    role_users: bool = False  # the number of people in each role
    adoption: bool = False  # the account's latest score
    peers: bool = False  # what companies like it do

    def __or__(self, other: Needs) -> Needs:
        """Both together."""
        return Needs(*(getattr(self, each.name) | getattr(other, each.name) for each in fields(Needs)))


def required(paths: Iterable[str]) -> Needs:
    """What must be loaded to answer for these facts. Unknown names ask for nothing."""
    found: dict[str, set[Any]] = {}
    account_users = role_users = adoption = peers = False
    for path in paths:
        family, *keys = path.split(".")
        field = keys.pop() if keys else ""
        account_users = account_users or path == "account.users"
        adoption = adoption or path in ADOPTION
        peers = peers or family == "peers"
        if family == "peers":
            continue
        if family == "survey" and len(keys) == 2:
            found.setdefault("surveys", set()).add(tuple(keys))
            continue
        if family == "nudge" and field == "variant" and keys:
            found.setdefault("variants", set()).add(keys[0])
            continue
        if len(keys) != len(KEYS.get(family, ())) or not keys:
            continue
        if (over := window(field)) is not None and family.endswith("usage"):
            shared = over.measure == "share_of_seats"
            account_users = account_users or (shared and family == "account_usage")
            role_users = role_users or (shared and family == "role_usage")
            field = field.replace("share_of_seats", "users")
            found.setdefault(family.replace("_usage", "") + "_windows", set()).add((*keys, field))
        elif family != "role_usage":
            found.setdefault(family if family.endswith("usage") else family + "s", set()).add(keys[0])
    kinds: dict[str, Any] = {name: frozenset(keys) for name, keys in found.items()}
    return Needs(**kinds, account_users=account_users, role_users=role_users, adoption=adoption, peers=peers)
