"""A month in the life of a workspace, with dice: people, late and repeated events, claims, plays, releases."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.builders import WORKSPACE
from tests.services.play_rig import FILES, PlayRig
from waypost_server.domain.errors import HeldError
from waypost_server.domain.events import Envelope
from waypost_server.services.claim import Claim, claim
from waypost_server.services.decide import Question, decide
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.releases import ReleaseCache
from waypost_server.store.database import Database

START = datetime.fromisoformat("2026-11-01T08:00:00+00:00")
USES = ("Report Exported", "Something Else", "Something Else", "Something Else")
REACTIONS = ("clicked", "dismissed", "snoozed", "never_again", "completed", None, None)
ROLES = ("admin", "analyst")
CATALOG = FILES["catalog.yaml"]
NUDGES = {
    "in-app/launch-tip.yaml": """
key: launch-tip
title: Launch
surface: tooltip
goal: {milestone: first_launch, within_days: 14}
audience: {user.role: admin, account.motion: long_tail}
where: {anchor: launch}
frequency: {max: 4, cooldown_days: 1}
content: {en: {title: Launch it, body: "{{ milestone.first_launch.done }} done"}}
""",
    "in-app/export-tip.yaml": """
key: export-tip
title: Export
surface: banner
goal: {feature: export, count: 2}
audience: {usage.export.count_28d: {$lt: 6}, $or: [{account.plan: growth}, {account.users: {$gte: 2}}]}
frequency: {max: 3, cooldown_days: 2}
holdout: {percent: 20}
content: {en: {title: Share a report, body: Try it.}}
""",
    "in-app/late.yaml": """
key: late
title: Overdue
surface: banner
audience: {signal.milestone_overdue.open: true}
frequency: {max: 9, cooldown_days: 0}
content: {en: {title: Overdue, body: Let us help.}}
""",
}
CHANGED = NUDGES["in-app/export-tip.yaml"].replace("$lt: 6", "$lt: 3").replace("max: 3", "max: 5")
MOTION_CHANGED = CATALOG.replace("$gte: 4000", "$gte: 450")


class Month:
    """Plays a month and keeps every answer that was given."""

    def __init__(self, database: Database, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rig = PlayRig(database, folder)
        self.clock = self.rig.clock
        self.clock.now = START
        self.answers: list[tuple[datetime, str, str | None, Any]] = []
        self.messages = 0
        self.sent: list[dict[str, Any]] = []
        assert isinstance(self.rig.runtime.releases, ReleaseCache)

    def live(self, days: int) -> None:
        """Let `days` pass."""
        self.rig.add_csm("jo")
        self.publish()
        people = [(f"u{n}", f"acc{n % 4}") for n in range(8)]
        for user, account in people:
            self.introduce(user, account)
        for day in range(days):
            if day == days // 3:
                self.publish(**{"in-app/export-tip.yaml": CHANGED})
            if day == 2 * days // 3:
                self.publish(**{"catalog.yaml": MOTION_CHANGED})
            for user, account in self.dice.sample(people, 5):
                if account == "acc2" and day == 20:
                    self.use(user, account, "Automation Launched")
                self.visit(user, account, START + timedelta(days=day))
            self.rig.drain()
            self.clock.now = START + timedelta(days=day + 1)
            self.rig.drain()

    def publish(self, **changes: str) -> None:
        """A new release; it is everywhere two seconds later."""
        from waypost_server.services.publish import publish

        publish(self.rig.runtime, WORKSPACE, {**FILES, **NUDGES, **changes}, author="tests")
        self.clock.move(seconds=2)

    def introduce(self, user: str, account: str) -> None:
        """The product describes a person and an account."""
        traits = {"role": self.dice.choice(ROLES), "email": f"{user}@example.com", "name": user.upper()}
        self.send({"type": "identify", "userId": user, "traits": traits, "context": {"groupId": account}})
        mrr = {"acc0": 9000, "acc1": 500}.get(account, 100)
        described = {"plan": self.dice.choice(["growth", "starter"]), "mrr": mrr, "csm": "jo@acme.example"}
        self.send({"type": "group", "userId": user, "groupId": account, "traits": described})

    def visit(self, user: str, account: str, morning: datetime) -> None:
        """Some events, some of them late or twice, then a question, perhaps a claim and a reaction."""
        self.clock.now = max(self.clock.now, morning) + timedelta(minutes=self.dice.randrange(1, 60))
        for _ in range(self.dice.randrange(3)):
            self.use(user, account, self.dice.choice(USES), hours_late=self.dice.choice([0, 0, 0, 30]))
        if self.sent and self.dice.random() < 0.2:
            self.again(self.dice.choice(self.sent))
        if self.dice.random() < 0.1:
            self.introduce(user, account)
        shown = self.ask(user, self.dice.choice([account, None]))
        if shown and self.dice.random() < 0.7:
            self.claim(user, account, shown)

    def ask(self, user: str, account: str | None) -> str | None:
        """Ask what to show and keep the answer; the first nudge."""
        question = Question(user, account, explain=True)
        decision = decide(self.rig.runtime, WORKSPACE, question)
        held = {each.key: (each.held.reason, each.held.detail) for each in decision.held or ()}
        self.answers.append((self.clock.now, user, account, (decision.release, decision.keys, held)))
        self.clock.move(seconds=5)
        return decision.keys[0] if decision.keys else None

    def claim(self, user: str, account: str, nudge: str) -> None:
        """The browser claims, paints or dies, and the person reacts or not."""
        self.messages += 1
        try:
            granted = claim(self.rig.runtime, WORKSPACE, Claim(user, account, nudge, f"c{self.messages}"))
        except HeldError:
            return
        self.ask(user, account)
        reaction = self.dice.choice(REACTIONS)
        for said in ("shown", reaction):
            if said is None or self.dice.random() < 0.2:
                continue
            self.clock.move(seconds=30)
            properties = {"nudge": nudge, "reaction": said, "offer": granted.offer_id, "snooze_days": 1}
            self.send({"type": "track", "event": "$nudge", "userId": user, "properties": properties,
                       "context": {"groupId": account}})  # fmt: skip
            self.ask(user, account)

    def use(self, user: str, account: str, event: str, *, hours_late: int = 0) -> None:
        """One track event."""
        at = (self.clock.now - timedelta(hours=hours_late)).isoformat()
        context = {"groupId": account}
        self.send({"type": "track", "userId": user, "event": event, "timestamp": at, "context": context})

    def send(self, event: dict[str, Any]) -> None:
        """One event to the server."""
        self.messages += 1
        self.again({"messageId": f"m{self.messages}", "timestamp": self.clock.now.isoformat(), **event})

    def again(self, event: dict[str, Any]) -> None:
        """An event as it is, perhaps for the second time."""
        self.sent.append(event)
        ingest(self.rig.runtime, Sender(WORKSPACE, "server"), [event], Envelope(self.clock.now))
        self.clock.move(seconds=1)
