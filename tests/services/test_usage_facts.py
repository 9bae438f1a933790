"""Facts about use over any length of time: the database's answer against counting by hand."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders import WORKSPACE
from tests.services.decide_rig import add_person, add_rows, make_rig
from waypost_server.domain.conditions import getter
from waypost_server.services.facts import facts_for
from waypost_server.store.database import Database
from waypost_server.store.tables import UsageDay, UsageTotal

TODAY = date(2026, 11, 23)  # a Monday, where the tests' clock stands
ROLES = {"u1": "admin", "u2": "admin", "u3": "viewer", "u4": "admin", "u5": None}
Row = tuple[str, str, date, int]


def days_of(dice: random.Random) -> list[Row]:
    """Who used what on which day, near and far."""
    ages = [0, 1, 6, 7, 8, 13, 27, 28, 29, 48, 49, 50, 89, 200, 364, 365, 366]
    return [
        (user, feature, TODAY - timedelta(days=age), dice.randrange(1, 9))
        for user in ROLES
        for feature in ("editor", "runner")
        for age in ages
        if dice.random() < 0.4
    ]


def make_world(database: Database, rows: list[Row]) -> Any:
    """Five people of an account, one of them without a role, and their days."""
    runtime, releases = make_rig(database)
    for user, role in ROLES.items():
        add_person(database, user, role=role)
    key = {"workspace_id": WORKSPACE, "account_id": "acme"}
    add_rows(database, [UsageDay(**key, user_id=u, feature=f, day=d, count=n) for u, f, d, n in rows])
    # a stranger to the account, and the same person in another one, count for nothing here
    add_rows(database, [UsageDay(**key, user_id="left", feature="editor", day=TODAY, count=99)])
    other = {"workspace_id": WORKSPACE, "account_id": "other", "user_id": "u1", "feature": "editor"}
    add_rows(database, [UsageDay(**other, day=TODAY, count=99)])
    return runtime, releases.by_workspace[WORKSPACE]


def counted(rows: list[Row], measure: str, length: int) -> int:
    """One measure by hand."""
    since = TODAY - timedelta(days=length)
    if measure == "weeks_active":
        since = TODAY - timedelta(days=TODAY.weekday() + 7 * (length - 1) + 1)
    inside = [row for row in rows if row[2] > since]
    return {
        "count": sum(row[3] for row in inside),
        "days": len({row[2] for row in inside}),
        "users": len({row[0] for row in inside}),
        "weeks_active": len({row[2] - timedelta(days=row[2].weekday()) for row in inside}),
    }[measure]


def expected(rows: list[Row]) -> dict[str, float]:
    """Every fact about one feature, and few of the other, by hand."""
    found: dict[str, float] = {}
    for feature, lengths in (("editor", (1, 7, 28, 90, 365)), ("runner", (13,))):
        mine = [row for row in rows if row[:2] == ("u1", feature)]
        everybody = [row for row in rows if row[1] == feature]
        for days in lengths:
            for measure in ("count", "days"):
                found[f"usage.{feature}.{measure}_{days}d"] = counted(mine, measure, days)
                found[f"account_usage.{feature}.{measure}_{days}d"] = counted(everybody, measure, days)
            people = counted(everybody, "users", days)
            found[f"account_usage.{feature}.users_{days}d"] = people
            found[f"account_usage.{feature}.share_of_seats_{days}d"] = people / 5
            for role, size in (("admin", 3), ("viewer", 1)):
                inside = [row for row in everybody if ROLES[row[0]] == role]
                users = counted(inside, "users", days)
                found[f"role_usage.{role}.{feature}.users_{days}d"] = users
                found[f"role_usage.{role}.{feature}.share_of_seats_{days}d"] = round(users / size, 4)
        for weeks in (1, 2, 8, 52):
            found[f"usage.{feature}.weeks_active_{weeks}w"] = counted(mine, "weeks_active", weeks)
            found[f"account_usage.{feature}.weeks_active_{weeks}w"] = counted(
                everybody, "weeks_active", weeks
            )
    return found


@pytest.mark.parametrize("seed", range(3))
def test_every_window_is_counted_right(database: Database, seed: int) -> None:
    """Uses, days, weeks, people and shares over any length, of a person, an account and its roles, in one statement."""
    rows = days_of(random.Random(seed))
    runtime, release = make_world(database, rows)
    wanted = expected(rows)
    with database.read() as session:
        ran: list[str] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *call: ran.append(call[2]))
        values = facts_for(session, runtime, WORKSPACE, "u1", "acme", release, paths=frozenset(wanted)).values
    assert len(ran) == 1
    assert {path: getter(path)(values) for path in wanted} == wanted


def test_nobody_has_zeroes(database: Database) -> None:
    """Somebody unknown in an account unknown has used nothing, and has no last day."""
    runtime, release = make_world(database, [])
    paths = frozenset([*expected([]), "account_usage.editor.total", "account_usage.editor.days_since_last"])
    with database.read() as session:
        values = facts_for(session, runtime, WORKSPACE, "x", "y", release, paths=paths).values
    seen = {path: getter(path)(values) for path in paths}
    assert seen.pop("account_usage.editor.days_since_last") is None
    assert set(seen.values()) == {0}


def test_seats_the_product_reported_come_first(database: Database) -> None:
    """The share is of the trait `seats`; more people than seats is everybody; nonsense counts for nothing."""
    runtime, release = make_world(database, [("u1", "editor", TODAY, 1), ("u2", "editor", TODAY, 1)])
    paths = frozenset({"account_usage.editor.share_of_seats_28d"})
    for seats, share in ((8, 0.25), (1, 1.0), ("many", 0.4), (0, 0.4), (-3, 0.4), (True, 0.4)):
        add_person(database, "u1", seats=seats)
        with database.read() as session:
            values = facts_for(session, runtime, WORKSPACE, "u1", "acme", release, paths=paths).values
        assert values["account_usage"]["editor"]["share_of_seats_28d"] == share


def test_the_account_knows_when_it_last_used_a_feature(database: Database) -> None:
    """Days since the latest use by anybody, and the total of all."""
    runtime, release = make_world(database, [])
    key = {"workspace_id": WORKSPACE, "account_id": "acme", "feature": "editor"}
    first = datetime(2026, 11, 1, tzinfo=UTC)
    add_rows(
        database,
        [
            UsageTotal(
                **key, user_id="u1", first_at=first, last_at=datetime(2026, 11, 20, 9, tzinfo=UTC), total=4
            ),
            UsageTotal(
                **key, user_id="u2", first_at=first, last_at=datetime(2026, 11, 2, 9, tzinfo=UTC), total=3
            ),
        ],
    )
    paths = frozenset(f"account_usage.editor.{field}" for field in ("used", "total", "days_since_last"))
    with database.read() as session:
        values = facts_for(session, runtime, WORKSPACE, "u1", "acme", release, paths=paths).values
    assert values["account_usage"]["editor"] == {"used": True, "total": 7, "days_since_last": 3}
