"""Facts about use, laid over the zeroes of somebody who has used nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from waypost_server.domain.local_day import day_of
from waypost_server.store.facts import Wanted, moment

Values = dict[str, Any]
_SHARE = "share_of_seats_"


def lay_usage(known: Values, parts: Mapping[str, Any], wanted: Wanted, today: date, zone: tzinfo) -> None:
    """Usage of the person, of the account, and of the account's roles."""
    usage = known.get("usage", {})
    for feature, total, first_at, last_at in parts.get("usage") or ():
        used: Values = {"used": total > 0, "total": total}
        for field, at in (("days_since_first", first_at), ("days_since_last", last_at)):
            if at is not None:  # it was not asked for
                used[field] = days_since(at, today, zone)
        _add(usage, feature, used)
    for feature, *counts in parts.get("usage_windows") or ():
        _add(usage, feature, _whole(wanted.usage_fields, counts))
    of_account = known.get("account_usage", {})
    for feature, total, last_at in parts.get("account_usage") or ():
        used = {"used": total > 0, "total": int(total)}
        _add(of_account, feature, {**used, "days_since_last": days_since(last_at, today, zone)})
    for feature, *counts in parts.get("account_windows") or ():
        _add(of_account, feature, _whole(wanted.account_fields, counts))
    if of_account:
        _lay_shares(of_account, _seats(known, parts))
    _lay_roles(known.get("role_usage", {}), parts, wanted)


def days_since(at: float | str, today: date, zone: tzinfo) -> int:
    """Days between a time of the database and today, in the workspace's zone."""
    return (today - day_of(moment(at), zone)).days


def _add(usage: Values, feature: str, values: Values) -> None:
    usage[feature] = {**usage.get(feature, {}), **values}


def _whole(fields: Iterable[str], counts: Sequence[Any]) -> Values:
    return {field: int(count) for field, count in zip(fields, counts, strict=True)}


def _lay_roles(roles: Values, parts: Mapping[str, Any], wanted: Wanted) -> None:
    people = dict(parts.get("role_users") or ())
    for role, feature, *counts in parts.get("role_windows") or ():
        of_role = roles[role] = dict(roles.get(role, {}))
        _add(of_role, feature, _whole(wanted.role_fields, counts))
    for role, features in roles.items():
        roles[role] = dict(features)
        _lay_shares(roles[role], people.get(role, 0))


def _lay_shares(usage: Values, seats: float) -> None:
    """The shares asked for, from the people counted. More people than seats is still everybody."""
    for feature, values in usage.items():
        shares = [field for field in values if field.startswith(_SHARE)]
        if shares and seats > 0:
            counted = {field: values.get(field.replace(_SHARE, "users_"), 0) for field in shares}
            shared = {field: round(min(1.0, count / seats), 4) for field, count in counted.items()}
            usage[feature] = {**values, **shared}


def _seats(known: Values, parts: Mapping[str, Any]) -> float:
    """The seats the product reported, else the people seen."""
    seats = known["account"].get("seats")
    if seats.__class__ in (int, float) and 0 < seats < 1e12:
        return float(seats)
    return float(parts["account_users"][0]) if "account_users" in parts else 0.0
