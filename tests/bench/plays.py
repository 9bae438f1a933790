"""Measure plays: e-mails a second with the ledger beside bare smtplib, accounts evaluated a second, decay in µs.

    python -m tests.bench.plays [--postgres URL] [--mails 400] [--accounts 2000] [--runs 10000]
    python -m tests.bench.plays --only-runs [--postgres URL] [--runs 10000]
    python -m tests.bench.plays --only-evaluate [--postgres URL] [--accounts 10000] [--days 10]

The peers run in the same process on the same sink, so the ratio means the same on any machine.
"""

from __future__ import annotations

import argparse
import random
import smtplib
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import insert

from tests.builders import WORKSPACE
from tests.services.play_rig import POLICY, USAGE_DROP, PlayRig
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.domain.signals import decay
from waypost_server.services.advance_play import advance_due
from waypost_server.services.deliver import deliver_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.store import due
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Account, EndUser, Membership, PlayRun, UsageDay

SENDER, RECIPIENT = "hello@acme.example", "dana@example.com"


class _Sink(socketserver.StreamRequestHandler):
    """The least SMTP that a client accepts."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def _sink() -> Iterator[int]:
    with _Server(("127.0.0.1", 0), _Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _rate(count: int, work: Callable[[], object]) -> tuple[float, float]:
    """(a second, µs of CPU each)."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return count / (time.perf_counter() - wall), (time.process_time() - cpu) / count * 1e6


def _raw(port: int, count: int, *, reuse: bool) -> None:
    client = smtplib.SMTP("127.0.0.1", port) if reuse else None
    for n in range(count):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = SENDER, RECIPIENT, f"Hello {n}"
        message.set_content("Hello,\n\nthree things usually explain it.\n" * 6)
        message.add_alternative("<p>Hello, three things usually explain it.</p>" * 6, subtype="html")
        with_client = client or smtplib.SMTP("127.0.0.1", port)
        with_client.send_message(message)
        if client is None:
            with_client.quit()
    if client is not None:
        client.quit()


def _fill(rig: PlayRig, accounts: int, days: int = 40) -> None:
    """Accounts with 30 weeks of use by three people each, on so many days."""
    today, dice = rig.clock.now.date(), random.Random(7)
    start = rig.monday() - timedelta(weeks=30)
    with rig.database.write() as session:
        rows: dict[type, list[dict[str, object]]] = {Account: [], EndUser: [], Membership: [], UsageDay: []}
        for n in range(accounts):
            name = f"acc-{n:05d}"
            rows[Account].append(
                {"workspace_id": WORKSPACE, "id": name, "name": name, "traits": {"mrr": 100}, "traits_at": {},
                 "first_day": today - timedelta(days=16), "last_day": today, "touched": 1}
            )  # fmt: skip
            for person in range(3):
                user = f"{name}-{person}"
                rows[EndUser].append(
                    {"workspace_id": WORKSPACE, "id": user, "email": f"{user}@example.com", "name": "Dana",
                     "traits": {}, "traits_at": {}, "trust": "server"}
                )  # fmt: skip
                rows[Membership].append(
                    {"workspace_id": WORKSPACE, "account_id": name, "user_id": user, "role": "admin",
                     "first_day": today, "last_day": today}
                )  # fmt: skip
                used: set[date] = {start + timedelta(days=dice.randrange(209)) for _ in range(days)}
                rows[UsageDay] += [
                    {"workspace_id": WORKSPACE, "account_id": name, "user_id": user, "feature": "launch",
                     "day": day, "count": 1} for day in used
                ]  # fmt: skip
        for table, values in rows.items():
            session.execute(insert(table), values)


def _runs(rig: PlayRig, count: int) -> None:
    """Figures of runs that do nothing but end, and of a sweep that finds 100,000 waiting ones."""
    rig.publish(plays__usage_drop=USAGE_DROP.replace("  - webhook: crm-note\n", ""))
    with rig.database.write() as session:
        session.execute(
            insert(Account),
            [{"workspace_id": WORKSPACE, "id": f"noop-{n:06d}", "motion": "long_tail"} for n in range(count)],
        )
        session.execute(insert(PlayRun), [_run(rig, n, step=4, state="running") for n in range(count)])
    rate, cpu = _rate(count, lambda: _all(advance_due, rig))
    assert rig.rows(PlayRun)[0].outcome == "completed"
    later = rig.clock.now + timedelta(days=3)
    with rig.database.write() as session:
        waiting = [_run(rig, count + n, step=1, state="waiting", due_at=later) for n in range(100_000)]
        session.execute(insert(PlayRun), waiting)
    with rig.database.read() as session:
        due.workspaces_with_due_runs(session, rig.clock.now)
        sweeps, _ = _rate(
            20, lambda: [due.workspaces_with_due_runs(session, rig.clock.now) for _ in range(20)]
        )
    print(f"advance, one worker, each run ends: {rate:,.0f}/s, {cpu:,.0f} µs CPU")
    print(f"sweep beside 100,000 waiting runs: {1000 / sweeps:.2f} ms")


def _run(rig: PlayRig, n: int, **changes: object) -> dict[str, object]:
    now = rig.clock.now
    values = {
        "workspace_id": WORKSPACE, "id": f"run-{n:07d}", "account_id": f"noop-{n:06d}", "play": "usage-drop",
        "release": 1, "motion": "long_tail", "signal_id": "", "occurrence": str(n), "due_at": now, "started_at": now,
    }  # fmt: skip
    return {**values, **changes}


def _evaluate(rig: PlayRig, accounts: int, days: int) -> None:
    """Figures of accounts that are all due: first each opens a signal and starts a play, then nothing is new."""
    rig.publish()
    _fill(rig, accounts, days)
    for what in ("each opens a signal and starts a play", "nothing new"):
        rate, cpu = _rate(accounts, lambda: _all(evaluate_due, rig))
        print(f"evaluate {accounts:,} due accounts, {what}: {rate:,.0f}/s, {cpu:,.0f} µs CPU", flush=True)
        rig.sql("update account set touched = touched + 1")


def _all(step: Callable[..., int], rig: PlayRig) -> None:
    while step(rig.runtime, WORKSPACE):
        pass


def _database(url: str) -> Database:
    engine = open_engine(url)
    upgrade(engine)
    return Database(engine)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database; without it SQLite")
    parser.add_argument("--mails", type=int, default=400)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--only-runs", action="store_true")
    parser.add_argument("--only-evaluate", action="store_true")
    given = parser.parse_args()
    if given.only_evaluate:
        with tempfile.TemporaryDirectory() as folder:
            rig = PlayRig(_database(given.postgres or f"sqlite:///{folder}/due.db"), Path(folder))
            _evaluate(rig, given.accounts, given.days)
        return
    with tempfile.TemporaryDirectory() as folder:
        _runs(PlayRig(_database(given.postgres or f"sqlite:///{folder}/runs.db"), Path(folder)), given.runs)
    if given.only_runs:
        return
    series = [random.Random(n).choices(range(9), k=30) for n in range(2000)]
    peers = decay.peers_of({str(n): each for n, each in enumerate(series)})
    _, per_look = _rate(len(series), lambda: [decay.look(each, age_weeks=60, peers=peers) for each in series])
    print(f"decay: {per_look:.0f} µs an account")
    with tempfile.TemporaryDirectory() as folder, _sink() as port:
        fresh, fresh_cpu = _rate(given.mails, lambda: _raw(port, given.mails, reuse=False))
        reused, reused_cpu = _rate(given.mails, lambda: _raw(port, given.mails, reuse=True))
        url = given.postgres or f"sqlite:///{folder}/bench.db"
        mailer = SmtpMailer("127.0.0.1", port, starttls=False)
        rig = PlayRig(_database(url), Path(folder) / "mailbox", mailer=mailer)
        rig.publish(
            policy=POLICY.replace('{start: "20:00", end: "08:00"}', "null")
            + "approval: null\ndaily_ceiling: 10000000\n"
        )
        _fill(rig, given.accounts)
        evaluated, evaluated_cpu = _rate(given.accounts, lambda: _all(evaluate_due, rig))
        advanced, advanced_cpu = _rate(given.accounts, lambda: _all(advance_due, rig))
        again = "update account set touched = touched + 1"
        rig.sql(again)
        quiet, quiet_cpu = _rate(given.accounts, lambda: _all(evaluate_due, rig))
        sent, sent_cpu = _rate(
            given.mails, lambda: [deliver_due(rig.runtime, WORKSPACE) for _ in range(given.mails // 20)]
        )
    print(f"evaluate, each opens a signal and starts a play: {evaluated:,.0f}/s, {evaluated_cpu:,.0f} µs CPU")
    print(f"evaluate, nothing new: {quiet:,.0f}/s, {quiet_cpu:,.0f} µs CPU")
    print(f"advance, each decides a mail: {advanced:,.0f}/s, {advanced_cpu:,.0f} µs CPU")
    print(f"smtplib, new connection each: {fresh:,.0f}/s, {fresh_cpu:,.0f} µs CPU")
    print(f"smtplib, one connection: {reused:,.0f}/s, {reused_cpu:,.0f} µs CPU")
    print(f"with the ledger: {sent:,.0f}/s, {sent_cpu:,.0f} µs CPU; {sent / reused:.2f} of one connection")


if __name__ == "__main__":
    main()
