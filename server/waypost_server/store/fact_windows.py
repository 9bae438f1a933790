"""Usage over any length of time, in SQL: the column of each field, and the day after which it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from waypost_server.domain.fact_catalogue import Window, window
from waypost_server.domain.weeks import monday
from waypost_server.store.fact_dialects import Dialect


def columns(dialect: Dialect, fields: Iterable[str], *, days: str, user: str = "user_id") -> str:
    """One column a field. `days` counts the days: rows, for one person, and distinct days for several; `user` is
    the column with the person."""
    counted = {
        "count": f"coalesce(sum(count{dialect.number}) filter (where day > {{since}}), 0)",
        "days": days + " filter (where day > {since})",
        "users": f"count(distinct {user}) filter (where day > {{since}})",
        "weeks_active": f"count(distinct {dialect.week}) filter (where day > {{since}})",
    }
    return ", ".join(
        counted[over.measure].replace("{since}", f"{{{_name(over)}}}") + f" {field}"
        for field, over in _windows(fields)
    )


def names(fields: Iterable[str]) -> list[str]:
    """The parameters that hold the days."""
    return sorted({_name(over) for _field, over in _windows(fields)})


def longest(fields: Iterable[str]) -> str:
    """The parameter with the earliest day. N weeks never reach further back than 7 N days."""
    return _name(
        max((over for _field, over in _windows(fields)), key=lambda each: (_days(each), each.unit == "d"))
    )


def cutoffs(fields: Iterable[str], today: date) -> dict[str, str]:
    """The last day that no longer counts, for each parameter."""
    return {_name(over): _cutoff(over, today).isoformat() for _field, over in _windows(fields)}


def _cutoff(over: Window, today: date) -> date:
    if over.unit == "d":
        return today - timedelta(days=over.length)
    return monday(today) - timedelta(days=7 * (over.length - 1) + 1)


def _windows(fields: Iterable[str]) -> list[tuple[str, Window]]:
    return [(field, over) for field in fields if (over := window(field)) is not None]


def _days(over: Window) -> int:
    return over.length * (7 if over.unit == "w" else 1)


def _name(over: Window) -> str:
    return f"since_{over.length}{over.unit}"
