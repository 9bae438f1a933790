"""Measure adoption: accounts scored a second, the gap of a workspace, the weekly comparison of peers.

    python -m tests.bench.adoption [--postgres URL] [--accounts 10000]

Each account has five people who use three features on a third of the days of eight weeks. The limit beside the
score is a bare read of the same rows in the same run.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from tests.builders import WORKSPACE
from tests.services.play_rig import FILES, PlayRig
from waypost_server.services import adoption
from waypost_server.services.adoption_report import gap
from waypost_server.services.compare_peers import compare_peers
from waypost_server.services.publish import publish
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Account, Membership, UsageDay, UsageTotal

ADOPTION = """
version: 1
segments:
  default:
    behaviours:
      - {key: weekly, title: Launches every week, feature: launch, weeks_active: 3, weeks: 4, weight: 3}
      - {key: admins, title: Admins launch, feature: launch, count: 4, role: [admin], share_of_users: 0.5}
      - {key: exports, title: Exports, feature: export, count: 5, days: 28}
"""
PEOPLE, DAYS, BATCH = 5, 56, 50


def fill(rig: PlayRig, accounts: int) -> None:
    """Accounts, people and their days."""
    dice, today = random.Random(1), rig.clock.now.date()
    for start in range(0, accounts, 500):
        ids = [f"a{number:06}" for number in range(start, min(start + 500, accounts))]
        with rig.database.write() as session:
            session.execute(insert(Account), [_account(each, today) for each in ids])
            session.execute(
                insert(Membership), [_member(each, n, today) for each in ids for n in range(PEOPLE)]
            )
            days = [row for each in ids for row in _days(dice, each, today)]
            session.execute(insert(UsageDay), days)
            totals = {(row["account_id"], row["user_id"], row["feature"]) for row in days}
            session.execute(insert(UsageTotal), [_total(*key, rig.clock.now) for key in sorted(totals)])


def _account(account_id: str, today: date) -> dict[str, Any]:
    first = today - timedelta(days=400)
    return {
        "workspace_id": WORKSPACE,
        "id": account_id,
        "first_day": first,
        "last_day": today,
        "segment": "all",
    }


def _member(account_id: str, number: int, today: date) -> dict[str, Any]:
    where = {"workspace_id": WORKSPACE, "account_id": account_id, "user_id": f"{account_id}-{number}"}
    return {**where, "role": "admin" if number < 2 else "analyst", "first_day": today - timedelta(days=400)}


def _days(dice: random.Random, account_id: str, today: date) -> list[dict[str, Any]]:
    return [
        {
            "workspace_id": WORKSPACE,
            "account_id": account_id,
            "user_id": f"{account_id}-{number}",
            "feature": feature,
            "day": today - timedelta(days=back),
            "count": 2,
        }
        for number in range(PEOPLE)
        for feature in ("launch", "export")
        for back in range(DAYS)
        if dice.random() < 0.33
    ]


def _total(account_id: str, user_id: str, feature: str, at: Any) -> dict[str, Any]:
    where = {"workspace_id": WORKSPACE, "account_id": account_id, "user_id": user_id, "feature": feature}
    return {**where, "first_at": at - timedelta(days=60), "last_at": at, "total": 30}


def score_all(rig: PlayRig, *, weeks: int) -> None:
    """This week's score of every account, in the worker's batches; `weeks` > 0 scores that much history too."""
    live = rig.runtime.releases
    with rig.database.read() as session:
        release = live.live(session, WORKSPACE)
        accounts = session.scalars(select(Account).order_by(Account.id)).all()
    assert release is not None
    meant, today = release.definitions.adoption, rig.clock.now.date()
    adoption.HISTORY_WEEKS = weeks
    for start in range(0, len(accounts), BATCH):
        pairs = [(each, each.segment) for each in accounts[start : start + BATCH]]
        with rig.database.write() as session:
            scored = adoption.score(session, meant, WORKSPACE, pairs, today=today)
            adoption.keep(session, rig.runtime, meant, WORKSPACE, scored)


def bare_read(rig: PlayRig) -> None:
    """The limit: the same rows, summed by the database without asking anything of them."""
    since = rig.clock.now.date() - timedelta(days=28)
    with rig.database.read() as session:
        session.execute(
            select(UsageDay.account_id, UsageDay.user_id, func.sum(UsageDay.count))
            .where(UsageDay.workspace_id == WORKSPACE, UsageDay.day > since)
            .group_by(UsageDay.account_id, UsageDay.user_id)
        ).all()


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(url: str, accounts: int) -> None:
    """Fill, measure, print."""
    engine = open_engine(url)
    upgrade(engine)
    with tempfile.TemporaryDirectory() as folder:
        rig = PlayRig(Database(engine), Path(folder))
        publish(rig.runtime, WORKSPACE, {**FILES, "adoption.yaml": ADOPTION}, author="bench")
        fill(rig, accounts)
        limit = seconds(lambda: bare_read(rig))
        now = seconds(lambda: score_all(rig, weeks=0))
        print(
            f"score, this week     {accounts / now:10,.0f} accounts/s  {now / limit:5.1f} times a bare read"
        )
        again = seconds(lambda: score_all(rig, weeks=26))
        print(f"score, half a year   {accounts / again:10,.0f} accounts/s  (26 weeks each)")

        def whole_gap() -> None:
            with rig.database.read() as session:
                gap(session, rig.runtime, WORKSPACE)

        print(f"gap of all           {seconds(whole_gap):10.2f} s")
        print(f"compare peers        {seconds(lambda: compare_peers(rig.runtime, WORKSPACE)):10.2f} s")
    engine.dispose()


def main() -> None:
    """Both databases, or the one that is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", help="URL of an empty database")
    parser.add_argument("--accounts", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("== sqlite")
        measure(f"sqlite:///{folder}/bench.db", given.accounts)
    if given.postgres:
        print("== postgres")
        measure(given.postgres, given.accounts)
        return
    from tests.postgres import running_postgres

    with running_postgres(durable=True) as url:
        print("== postgres")
        measure(url, given.accounts)


if __name__ == "__main__":
    main()
