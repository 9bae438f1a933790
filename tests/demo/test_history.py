"""The demo's story comes true on whatever day somebody tries it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from waypost_server.demo.cast import Customer, customers
from waypost_server.demo.history import happenings
from waypost_server.domain.signals import decay
from waypost_server.domain.weeks import monday

WEEK = [datetime(2026, 11, 23, 7, tzinfo=UTC) + timedelta(days=days) for days in range(7)]


def weekly_user_days(customer: Customer, now: datetime) -> list[int]:
    """The 30 whole weeks before this one, oldest first."""
    days = {(one.person.id, one.at.date()) for one in happenings(customer, now)}
    first = monday(now.date()) - timedelta(weeks=decay.WEEKS)
    found = [0] * decay.WEEKS
    for _, day in days:
        week = (day - first).days // 7
        if 0 <= week < decay.WEEKS:
            found[week] += 1
    return found


@pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%A}")
def test_use_that_fell_is_noticed_on_every_weekday(now: datetime) -> None:
    everybody = customers(now)
    weeks = {customer.id: weekly_user_days(customer, now) for customer in everybody}
    peers = decay.peers_of(weeks)
    noticed = {customer.id for customer in everybody if _alarms(customer, weeks[customer.id], peers, now)}
    fallen = [customer for customer in everybody if customer.health == "decaying"]
    strategic = {customer.id for customer in fallen if customer.is_strategic}
    tail = {customer.id for customer in fallen if not customer.is_strategic}
    assert strategic <= noticed
    assert len(tail & noticed) >= 3  # of six; what four people do in a week says little
    assert noticed <= strategic | tail


def _alarms(customer: Customer, weeks: list[int], peers: decay.Peers, now: datetime) -> bool:
    seen = decay.look(weeks, age_weeks=(now.date() - customer.started).days // 7, peers=peers)
    return seen is not None and seen.alarm
