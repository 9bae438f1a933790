"""What Acme Automations itself remembers: automations, teammates and integrations, in its own SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
create table if not exists automation (
    id integer primary key, account text not null, name text not null,
    source text, steps text not null default '', launched integer not null default 0);
create table if not exists teammate (account text not null, email text not null, primary key (account, email));
create table if not exists integration (account text not null, name text not null, primary key (account, name));
create table if not exists schedule (account text not null, report text not null, primary key (account, report));
"""


@dataclass(frozen=True, slots=True)
class Automation:
    """A trigger and the steps that follow it."""

    id: int
    name: str
    source: str | None
    steps: tuple[str, ...]
    launched: bool


class State:
    """One connection behind a lock: this is a demo with a handful of visitors."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(SCHEMA)

    def automations(self, account: str) -> list[Automation]:
        """The account's automations, newest first."""
        return [
            _automation(row) for row in self._run(f"{SELECT} where account = ? order by id desc", account)
        ]

    def automation(self, account: str, number: int) -> Automation | None:
        """One automation of the account, or None."""
        rows = self._run(f"{SELECT} where account = ? and id = ?", account, number)
        return _automation(rows[0]) if rows else None

    def create(self, account: str, name: str) -> int:
        """A new, empty automation; returns its number."""
        return int(
            self._run("insert into automation (account, name) values (?, ?) returning id", account, name)[0][
                0
            ]
        )

    def set_source(self, account: str, number: int, source: str) -> None:
        """Choose what starts the automation."""
        self._run("update automation set source = ? where account = ? and id = ?", source, account, number)

    def add_step(self, account: str, number: int, step: str) -> None:
        """Append a step."""
        self._run(
            "update automation set steps = trim(steps || ';' || ?, ';') where account = ? and id = ?",
            step, account, number,
        )  # fmt: skip

    def launch(self, account: str, number: int) -> None:
        """Switch it on."""
        self._run("update automation set launched = 1 where account = ? and id = ?", account, number)

    def teammates(self, account: str) -> list[str]:
        """Invited addresses."""
        return [row[0] for row in self._run("select email from teammate where account = ?", account)]

    def invite(self, account: str, email: str) -> None:
        """Remember an invitation."""
        self._run("insert or ignore into teammate values (?, ?)", account, email)

    def integrations(self, account: str) -> set[str]:
        """Connected services."""
        return {row[0] for row in self._run("select name from integration where account = ?", account)}

    def connect(self, account: str, name: str) -> None:
        """Connect a service."""
        self._run("insert or ignore into integration values (?, ?)", account, name)

    def schedules(self, account: str) -> set[str]:
        """Reports sent every Monday."""
        return {row[0] for row in self._run("select report from schedule where account = ?", account)}

    def schedule(self, account: str, report: str) -> None:
        """Send a report every Monday."""
        self._run("insert or ignore into schedule values (?, ?)", account, report)

    def _run(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


SELECT = "select id, name, source, steps, launched from automation"


def _automation(row: sqlite3.Row) -> Automation:
    steps = tuple(part for part in row[3].split(";") if part)
    return Automation(id=row[0], name=row[1], source=row[2], steps=steps, launched=bool(row[4]))
