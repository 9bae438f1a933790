"""Measure decide: requests a second, CPU a request, p99 at half load, and the ratio to a bare app, in one run.

    python tests/bench/decide.py [--users 2000] [--nudges 100] [--seconds 5] [--rounds 3] [--fresh]

A real PostgreSQL with fsync on holds users with a year of history each: daily counts of ten features on 150
days, totals, milestones, offers and touches. `waypost web` and the bare app (one user row, as many closures)
are loaded in turn with wrk, so that both see the same machine; trust the ratio and the CPU. With --fresh no
question is asked twice, so that nothing is remembered: what the first decision for a person costs.
"""

# ruff: noqa: E501 - statements and scripts of other languages
from __future__ import annotations

import argparse
import base64
import contextlib
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from sqlalchemy import text  # noqa: E402 - the path must be there first

from tests.bench.ingest import free_port, postgres, served, tree_cpu  # noqa: E402
from tests.builders import add_key, add_workspace, make_runtime  # noqa: E402
from waypost_server.services.publish import publish  # noqa: E402
from waypost_server.store.database import Database, open_engine  # noqa: E402
from waypost_server.store.migrate import upgrade  # noqa: E402
from waypost_server.store.partitions import ensure  # noqa: E402

ROLES = ("admin", "manager", "analyst", "builder", "viewer", "owner")
PLANS = ("starter", "growth", "scale")
CATALOG = (
    "product: Bench\nfeatures:\n"
    + "".join(f"  feature_{n}: {{title: F{n}, events: [f{n}]}}\n" for n in range(10))
    + "roles: {"
    + ", ".join(f"{role}: {role}" for role in ROLES)
    + "}\n"
)
JOURNEY = """
milestones:
  started: {title: Started, scope: user, steps: [{key: a, title: A, feature: feature_0}, {key: b, title: B, feature: feature_1}]}
  habit: {title: Habit, scope: user, steps: [{key: a, title: A, feature: feature_2, count: 5}]}
"""
POLICY = """
caps:
  - {max: 50, per: 1d, scope: person, kinds: [interrupting]}
  - {max: 90, per: 7d, scope: person}
min_gap: null
quiet_hours: null
session: null
"""
NUDGE = """
key: nudge-{n}
title: Nudge {n}
surface: {surface}
goal: {{milestone: habit}}
audience:
  user.role: {{$in: [{role_a}, {role_b}]}}
  account.plan: {plan}
  usage.feature_{feature}.{count_fact}: {{$gte: {count}}}
  usage.feature_{other}.days_since_first: {{$gte: {days}}}
where: {{path: /area-{n}/*, anchor: anchor-{n}}}
frequency: {{max: 50, cooldown_days: 0}}
holdout: {{percent: 5}}
priority: {priority}
content:
  en:
    title: "Nudge {n}"
    body: "{{{{ milestone.started.done }}}} of {{{{ milestone.started.total }}}} steps done. Try **area {n}**."
    actions: [{{label: Open, url: /area-{n}}}]
"""
SEED = (
    """insert into account (workspace_id, id, name, traits, traits_at, motion, segment, first_day)
    select 'acme-prod', 'account-' || n, 'Account ' || n,
      jsonb_build_object('plan', (array['starter', 'growth', 'scale'])[1 + n %% 3]), '{}', 'long_tail', null,
      current_date - 365 from generate_series(0, %(users)s / 10 - 1) n""",
    """insert into end_user (workspace_id, id, email, name, traits, traits_at, first_day, last_day)
    select 'acme-prod', 'user-' || n, 'user' || n || '@example.com', 'User ' || n,
      jsonb_build_object('team', 'ops', 'role', (array['admin', 'manager', 'analyst', 'builder', 'viewer', 'owner'])[1 + n %% 6],
        'plan', (array['starter', 'growth', 'scale'])[1 + (n / 10) %% 3], 'count', n %% 40, 'days', n %% 300), '{}',
      current_date - 365, current_date from generate_series(0, %(users)s - 1) n""",
    """insert into membership (workspace_id, account_id, user_id, role, first_day, last_day)
    select 'acme-prod', 'account-' || (n / 10), 'user-' || n,
      (array['admin', 'manager', 'analyst', 'builder', 'viewer', 'owner'])[1 + n %% 6], current_date - 365, current_date
    from generate_series(0, %(users)s - 1) n""",
    """insert into usage_day (workspace_id, account_id, user_id, feature, day, count)
    select 'acme-prod', 'account-' || (n / 10), 'user-' || n, 'feature_' || f, current_date - (d * 12 / 5), 1 + (n + d + f) %% 5
    from generate_series(0, %(users)s - 1) n, generate_series(0, 9) f, generate_series(0, 149) d""",
    """insert into usage_total (workspace_id, account_id, user_id, feature, first_at, last_at, total)
    select workspace_id, account_id, user_id, feature, min(day), max(day), sum(count) from usage_day group by 1, 2, 3, 4""",
    """insert into milestone_state (workspace_id, account_id, user_id, milestone, done, total, steps, started_at)
    select 'acme-prod', 'account-' || (n / 10), 'user-' || n, m, 1, 2, '{"a": "2026-01-01T00:00:00Z"}', now() - interval '1 year'
    from generate_series(0, %(users)s - 1) n, unnest(array['started', 'habit']) m where m = 'started' or n %% 5 = 0""",
    """insert into offer (workspace_id, id, account_id, user_id, nudge, release, kind, state, claim_id, claimed_at,
      shown_at, closed_at, reaction)
    select 'acme-prod', 'offer-' || n || '-' || o, 'account-' || (n / 10), 'user-' || n, 'nudge-' || (n + o) %% 100, 1,
      'interrupting', 'closed', 'claim-' || o, now() - interval '7 days' * o, now() - interval '7 days' * o,
      now() - interval '7 days' * o, (array['clicked', 'dismissed', 'completed'])[1 + o %% 3]
    from generate_series(0, %(users)s - 1) n, generate_series(0, 51) o""",
    """insert into touch (workspace_id, id, account_id, user_id, channel, kind, at)
    select workspace_id, 'offer:' || id, account_id, user_id, 'in_app', kind, claimed_at from offer""",
    "vacuum analyze",
)
LUA = """
wrk.method = "POST"
wrk.headers["Authorization"] = "Basic {auth}"
wrk.headers["Content-Type"] = "application/json"
local asked = os.time() * 1000000
function init() math.randomseed({seed}) end
function request()
  asked = asked + 1
  local user = math.random(0, {users} - 1)
  return wrk.format(nil, "/v1/decide", nil, '{{"userId":"user-' .. user .. '","accountId":"account-' .. math.floor(user / 10) .. '"{fresh}}}')
end
"""


@dataclass(frozen=True)
class Result:
    """One load of one app. CPU in microseconds a request."""

    rate: float
    web_cpu: float
    database_cpu: float
    p50: str
    p99: str
    errors: str


def files(count: int) -> dict[str, str]:
    """Definitions with `count` nudges of four leaves."""
    made = {"catalog.yaml": CATALOG, "journey.yaml": JOURNEY, "policy.yaml": POLICY}
    for n in range(count):
        made[f"in-app/nudge-{n}.yaml"] = NUDGE.format(
            n=n,
            surface=("tooltip", "banner", "modal")[n % 3],
            role_a=ROLES[n % 6],
            role_b=ROLES[(n + 1) % 6],
            plan=PLANS[(n // 6) % 3],
            feature=n % 10,
            count_fact=("count_28d", "total", "days_7d")[n % 3],
            count=n % 40,
            other=(n + 3) % 10,
            days=n % 200,
            priority=("deepen", "start", "announce")[n % 3],
        )
    return made


def seed(url: str, users: int, nudges: int) -> str:
    """A database with a year of history; the key's text."""
    engine = open_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        ensure(connection, datetime.now(UTC).date())
    database = Database(engine)
    add_workspace(database)
    key = add_key(database)
    runtime = make_runtime(database, clock=lambda: datetime.now(UTC))  # type: ignore[arg-type]
    publish(runtime, "acme-prod", files(nudges), author="bench")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set statement_timeout = 0"))
        for statement in SEED:
            connection.exec_driver_sql(statement, {"users": users} if "%(users)" in statement else None)
    engine.dispose()
    return key.text


def load(
    port: int, key: str, options: argparse.Namespace, pids: tuple[int, int], *, rate: float | None = None
) -> Result:
    """Load with wrk; with `rate`, pace the connections to about that many requests a second."""
    script = LUA.format(
        auth=base64.b64encode(f"{key}:".encode()).decode(),
        seed=options.users,
        users=options.users,
        fresh=""","context":{"locale":"en-' .. asked .. '"}""" if options.fresh else "",
    )
    if rate:
        script += f"function delay() return {int(1000 * options.connections / rate)} end\n"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = [tree_cpu(pid) for pid in pids]
        command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency"]
        output = subprocess.run(
            [*command, "-s", file.name, f"http://127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        after = [tree_cpu(pid) for pid in pids]
    done = int(re.search(r"(\d+) requests in", output)[1])  # type: ignore[index]
    web, database = (1e6 * (b - a) / done for a, b in zip(before, after, strict=True))
    p50, p99 = (re.search(rf"(?m)^\s+{p}%\s+(\S+)", output)[1] for p in (50, 99))  # type: ignore[index]
    errors = " ".join(re.findall(r"(Non-2xx.*|Socket errors.*)", output))
    return Result(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), web, database, p50, p99, errors)  # type: ignore[index]


def show(name: str, results: list[Result]) -> Result:
    """Print the median of the rounds."""
    middle = sorted(results, key=lambda each: each.rate)[len(results) // 2]
    web, database = (statistics.median(getattr(r, f) for r in results) for f in ("web_cpu", "database_cpu"))
    print(
        f"{name:32} {middle.rate:>7,.0f} requests/s  CPU {web + database:5.0f} µs/request"
        f" (web {web:.0f} + database {database:.0f})  p50 {middle.p50} p99 {middle.p99} {middle.errors}",
        flush=True,
    )
    return middle


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--nudges", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wp-bench-", dir="/var/tmp")))
        host, database_pid = stack.enter_context(postgres(folder, "2GB"))
        url = f"postgresql://postgres@/postgres?host={host}"
        key = seed(url, options.users, options.nudges)
        measure(stack, options, key, url, host, database_pid)


def measure(
    stack: contextlib.ExitStack,
    options: argparse.Namespace,
    key: str,
    url: str,
    host: str,
    database_pid: int,
) -> None:
    """Ours and the bare app in turn, then ours at half its load."""
    ports = free_port(), free_port()
    ours = stack.enter_context(
        served(
            [f"{sys.prefix}/bin/waypost", "web", "--port", str(ports[0]), "--workers", str(options.workers),
             "--threads", str(options.threads)],
            ports[0],
            {"WAYPOST_DATABASE_URL": url, "WAYPOST_SECRET": "bench" * 8},
        )
    )  # fmt: skip
    peer = stack.enter_context(
        served(
            [f"{sys.prefix}/bin/granian", "--interface", "wsgi", "--port", str(ports[1]), "--workers",
             str(options.workers), "--blocking-threads", str(options.threads), "--no-ws",
             "tests.bench.bare_decide:app"],
            ports[1],
            {"WAYPOST_BARE": f"host={host} user=postgres", "WAYPOST_BARE_RULES": str(options.nudges)},
        )
    )  # fmt: skip
    results: dict[str, list[Result]] = {"waypost": [], "bare": []}
    for _ in range(2 * options.workers):  # each process reads the release at its first request
        ask = urllib.request.Request(f"http://127.0.0.1:{ports[0]}/v1/decide", b'{"userId":"user-1"}')
        ask.add_header("Authorization", f"Bearer {key}")
        urllib.request.urlopen(ask, timeout=60).read()
    load(ports[0], key, options, (ours, database_pid))  # both processes and the database's memory are warm
    load(ports[1], key, options, (peer, database_pid))
    for _ in range(options.rounds):
        results["waypost"].append(load(ports[0], key, options, (ours, database_pid)))
        results["bare"].append(load(ports[1], key, options, (peer, database_pid)))
    mine, floor = (show(f"{name}, {options.nudges} nudges", results[name]) for name in results)
    ratios = [a.rate / b.rate for a, b in zip(results["waypost"], results["bare"], strict=True)]
    cpu = (mine.web_cpu + mine.database_cpu) / (floor.web_cpu + floor.database_cpu)
    print(f"{'ratio':32} {statistics.median(ratios):.2f} of the requests, {cpu:.2f} times the CPU")
    show("waypost at half load", [load(ports[0], key, options, (ours, database_pid), rate=mine.rate / 2)])


if __name__ == "__main__":
    main()
