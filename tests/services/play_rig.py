"""A workspace with small definitions, accounts with histories, and a mailbox: what plays need to happen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from sqlalchemy import delete, insert, select, text

from tests.builders import WORKSPACE, Clock, add_workspace, make_runtime
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.services.drain import drain
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import (
    Account,
    ConsoleUser,
    EndUser,
    Membership,
    MilestoneState,
    UsageDay,
    UsageTotal,
)

CATALOG = """
product: Acme Automations
roles:
  admin: Admin
  analyst: Analyst
features:
  launch: {title: Launch, events: [Automation Launched], core: true}
  export: {title: Export, events: [Report Exported]}
segments:
  all: {title: Everybody, when: {account.id: {$exists: true}}}
motions:
  strategic: {when: {account.mrr: {$gte: 4000}}}
default_motion: long_tail
"""
JOURNEY = """
milestones:
  first_launch:
    title: First automation live
    scope: account
    due_days: 14
    steps:
      - {key: launch, title: Launch it, feature: launch}
  first_export:
    title: First report shared
    scope: user
    steps:
      - {key: export, title: Export it, feature: export}
"""
POLICY = """
caps:
  - {max: 2, per: 7d, scope: person}
quiet_hours: {start: "20:00", end: "08:00"}
timezone: UTC
webhooks:
  crm-note: https://crm.example.com/hook
"""
NUDGE = """
key: restart
title: Start again
surface: banner
from_play: true
goal: {feature: launch, within_days: 14}
audience: {user.role: admin}
where: {path: /automations}
frequency: {max: 2, cooldown_days: 3}
content:
  en: {title: Start again, body: Your automations are waiting.}
"""
USAGE_DROP = """
key: usage-drop
title: Usage is dropping
on: {signal: usage_decay, severity: {$gte: 0.6}}
goal: {feature: launch, weeks_active: 2, within_days: 30}
every_days: 45
long_tail:
  - email: {template: tips, to: {role: admin, limit: 2}}
  - wait: {days: 3, or: goal}
  - nudge: {key: restart, role: [admin]}
  - wait: {days: 7, or: goal}
  - webhook: crm-note
strategic:
  - task: {template: brief, due: {business_days: 2}, mute_digital: true}
"""
OVERDUE = """
key: launch-overdue
title: First automation is overdue
on: {signal: milestone_overdue, milestone: first_launch}
goal: {milestone: first_launch, within_days: 21}
every_days: 60
long_tail:
  - email: {template: tips, to: {role: admin, limit: 1}}
strategic:
  - task: {template: brief, due: {business_days: 1}}
"""
CELEBRATE = """
key: celebrate
title: First automation is live
on: {signal: milestone_reached, milestone: first_launch}
goal: {feature: export, within_days: 30}
every_days: 365
long_tail:
  - email: {template: tips, to: {role: admin, limit: 1}}
strategic:
  - task: {template: brief, due: {business_days: 3}}
"""
TIPS = """---
subject: Is something in the way, {{ user.name | default("you") }}?
---
Hello {{ user.name | default("there") }},

your team at **{{ account.name | default("your company") }}** uses automations less. [Look](https://acme.example/runs).

- Open the last run.
- Name an owner.
"""
BRIEF = """---
subject: "{{ account.name | default(\\"This account\\") }} is using automations less"
---
Ask what changed. {{ account.users }} people use the account.
"""
FILES = {
    "catalog.yaml": CATALOG,
    "journey.yaml": JOURNEY,
    "policy.yaml": POLICY,
    "in-app/restart.yaml": NUDGE,
    "plays/usage-drop.yaml": USAGE_DROP,
    "plays/launch-overdue.yaml": OVERDUE,
    "plays/celebrate.yaml": CELEBRATE,
    "templates/tips.md": TIPS,
    "templates/brief.md": BRIEF,
}
LONG_TAIL, STRATEGIC = 500, 9000


class PlayRig:
    """A runtime on a real database, whose mail goes to a folder."""

    def __init__(self, database: Database, folder: Path, **changes: Any) -> None:
        self.clock = cast(Clock, changes.pop("clock", None) or Clock())
        self.database = database
        self.folder = folder
        mode = changes.pop("mode", "development")
        settings = {"mailer": MailboxMailer(folder), **changes}
        self.runtime: Runtime = make_runtime(database, self.clock, **settings)
        add_workspace(database, mode=mode)

    def publish(self, **files: str) -> int:
        """Publish the rig's definitions; keywords replace files ("policy=…", "plays__usage_drop=…")."""
        named = {name.replace("__", "/").replace("_", "-"): text for name, text in files.items()}
        changed = {
            name: next((text for key, text in named.items() if name.startswith(key)), given)
            for name, given in FILES.items()
        }
        return publish(self.runtime, WORKSPACE, changed, author="tests")

    def drain(self) -> int:
        """Do everything that is due."""
        return drain(self.runtime)

    def add_account(self, account_id: str = "acme", *, mrr: float = LONG_TAIL, **changes: Any) -> None:
        """A due account, half a year old, with one admin who has an address."""
        today = self.clock.now.date()
        values = {
            "workspace_id": WORKSPACE,
            "id": account_id,
            "name": account_id.title(),
            "traits": {"mrr": mrr},
            "traits_at": {},
            "first_day": today - timedelta(days=250),
            "last_day": today,
            "touched": 1,
        }
        with self.database.write() as session:
            session.add(Account(**{**values, **changes}))
        self.add_user(f"{account_id}-admin", account_id)

    def add_user(self, user_id: str, account_id: str, *, role: str | None = "admin", **changes: Any) -> None:
        """A user of the account."""
        values = {
            "workspace_id": WORKSPACE,
            "id": user_id,
            "email": f"{user_id}@example.com",
            "name": "Dana Whitfield",
            "traits": {},
            "traits_at": {},
            "trust": "server",
        }
        with self.database.write() as session:
            session.add(EndUser(**{**values, **changes}))
        self.join(user_id, account_id, role=role)

    def join(self, user_id: str, account_id: str, *, role: str | None = "admin") -> None:
        """A user that exists becomes a member of the account too."""
        today = self.clock.now.date()
        days = {"first_day": today, "last_day": today}
        with self.database.write() as session:
            session.add(
                Membership(workspace_id=WORKSPACE, account_id=account_id, user_id=user_id, role=role, **days)
            )

    def add_crowd(self, count: int, prefix: str = "a", **changes: Any) -> None:
        """Many accounts at once, each with one admin who has an address; `changes` are the accounts' columns."""
        today, where = self.clock.now.date(), {"workspace_id": WORKSPACE}
        days = {"first_day": today, "last_day": today}
        account = {"traits": {"mrr": LONG_TAIL}, "traits_at": {}, "touched": 1, **days, **changes}
        user = {"traits": {}, "traits_at": {}, "trust": "server"}
        names = [f"{prefix}{n}" for n in range(count)]
        rows: dict[Any, list[dict[str, Any]]] = {
            Account: [{**where, "id": name, **account} for name in names],
            EndUser: [
                {**where, "id": f"{name}-admin", "email": f"{name}@example.com", **user} for name in names
            ],
            Membership: [
                {**where, "account_id": name, "user_id": f"{name}-admin", "role": "admin", **days}
                for name in names
            ],
        }
        with self.database.write() as session:
            for table, values in rows.items():
                session.execute(insert(table), values)

    def add_csm(self, user_id: str = "csm-1") -> None:
        """A person who works the queue."""
        with self.database.write() as session:
            session.add(
                ConsoleUser(
                    workspace_id=WORKSPACE,
                    id=user_id,
                    email=f"{user_id}@acme.example",
                    name="Robin",
                    role="csm",
                    created_at=self.clock.now,
                )
            )

    def use(self, account_id: str, days: list[date], *, feature: str = "launch", user: str = "") -> None:
        """One use a day by one user, as ingest would have folded it."""
        user_id = user or f"{account_id}-admin"
        last = datetime.combine(max(days), datetime.min.time(), tzinfo=self.clock.now.tzinfo) + timedelta(
            hours=9
        )
        use = {"workspace_id": WORKSPACE, "account_id": account_id, "user_id": user_id, "feature": feature}
        with self.database.write() as session:
            session.execute(delete(UsageDay).filter_by(**use).where(UsageDay.day.in_(days)))
            session.execute(insert(UsageDay), [{**use, "day": day, "count": 1} for day in sorted({*days})])
            session.merge(
                UsageTotal(
                    workspace_id=WORKSPACE,
                    account_id=account_id,
                    user_id=user_id,
                    feature=feature,
                    first_at=last,
                    last_at=last,
                    total=len(days),
                )
            )

    def decay(self, account_id: str = "acme") -> None:
        """Four days a week for 26 weeks, then nothing but one day for four."""
        start = self.monday() - timedelta(weeks=30)
        days = [start + timedelta(weeks=week, days=day) for week in range(26) for day in range(4)]
        self.use(account_id, [*days, start + timedelta(weeks=27)])
        self.reach(account_id, at=datetime.combine(start, datetime.min.time(), tzinfo=self.clock.now.tzinfo))

    def reach(self, account_id: str, *, at: datetime, milestone: str = "first_launch") -> None:
        """The account's milestone is reached."""
        with self.database.write() as session:
            session.merge(
                MilestoneState(
                    workspace_id=WORKSPACE,
                    account_id=account_id,
                    user_id="",
                    milestone=milestone,
                    done=1,
                    total=1,
                    steps={"launch": at.isoformat()},
                    started_at=at,
                    reached_at=at,
                )
            )

    def touch(self, account_id: str = "acme") -> None:
        """Events arrived: the account is due."""
        self.sql("update account set touched = touched + 1 where id = :id", id=account_id)

    def monday(self) -> date:
        """This week's Monday."""
        today = self.clock.now.date()
        return today - timedelta(days=today.weekday())

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.database.read() as session:
            return list(session.scalars(select(table)))

    def sql(self, statement: str, **values: Any) -> None:
        """Change something directly."""
        with self.database.write() as session:
            session.execute(text(statement), values)

    def mails(self) -> list[EmailMessage]:
        """What is in the mailbox folder."""
        files = sorted(self.folder.glob("*.eml"))
        return [cast(EmailMessage, message_from_bytes(f.read_bytes(), policy=policy.default)) for f in files]
