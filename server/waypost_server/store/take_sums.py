"""What new events add up to: uses by day and in all, people, memberships and accounts, each in key order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from waypost_server.store import accounts_fold, end_users, memberships
from waypost_server.store.take_rows import Row
from waypost_server.store.usage import DayRow, TotalRow


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows to add, sorted: parallel transactions that lock in key order wait for each other, no more."""

    days: list[DayRow] = field(default_factory=list)
    totals: list[TotalRow] = field(default_factory=list)
    people: list[end_users.Seen] = field(default_factory=list)
    members: list[memberships.Seen] = field(default_factory=list)
    accounts: list[accounts_fold.Seen] = field(default_factory=list)
    held: frozenset[str] = frozenset()  # users whose row must be locked even if nothing about it changes


def sums_of(rows: Iterable[Row], trust: str) -> Sums:
    """Add up. Anonymous events count for no one, but their account is touched."""
    days: dict[tuple[str, str, str, date], int] = {}
    totals: dict[tuple[str, str, str], tuple[datetime, datetime, int]] = {}
    members: dict[tuple[str, str], memberships.Seen] = {}
    people: dict[str, tuple[date, date]] = {}
    accounts: dict[str, tuple[date, date]] = {}
    held = set()
    for row in rows:
        _, account_id, user_id, _, _, feature, at, day, _, role, _, hold = row
        if account_id:
            _widen(accounts, account_id, day)
        if not user_id:
            continue
        _widen(people, user_id, day)
        if hold:
            held.add(user_id)
        if account_id:
            pair = (account_id, user_id)
            seen = members.get(pair)
            if seen is None or role is not None or not seen.first_day <= day <= seen.last_day:
                members[pair] = _widened(seen, row)
        if feature is not None:
            subject = (account_id, user_id, feature)
            days[(*subject, day)] = days.get((*subject, day), 0) + 1
            known = totals.get(subject)
            first, last, total = known or (at, at, 0)
            totals[subject] = (at if at < first else first, at if at > last else last, total + 1)
    return Sums(
        [DayRow(*subject, count) for subject, count in sorted(days.items())],
        [TotalRow(*subject, *totals[subject]) for subject in sorted(totals)],
        [end_users.Seen(user_id, trust, *people[user_id]) for user_id in sorted(people)],
        [members[pair] for pair in sorted(members)],
        [accounts_fold.Seen(account_id, *accounts[account_id]) for account_id in sorted(accounts)],
        frozenset(held),
    )


def _widen(spans: dict[str, tuple[date, date]], subject: str, day: date) -> None:
    span = spans.get(subject)
    if span is None:
        spans[subject] = (day, day)
    elif not span[0] <= day <= span[1]:
        spans[subject] = (min(span[0], day), max(span[1], day))


def _widened(seen: memberships.Seen | None, row: Row) -> memberships.Seen:
    if seen is None:
        return memberships.Seen(row.account_id, row.user_id, row.role, row.role_at, row.day, row.day)
    later = (row.role_at or "") > (seen.role_at or "")
    return memberships.Seen(
        row.account_id,
        row.user_id,
        row.role if later else seen.role,
        row.role_at if later else seen.role_at,
        min(seen.first_day, row.day),
        max(seen.last_day, row.day),
    )
