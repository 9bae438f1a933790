"""A remembered decision is given only while a fresh one would say the same, whatever is written in between."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from tests.builders import WORKSPACE, Clock, make_event
from tests.services.decide_rig import FixedReleases, add_person, add_rows, capped, make_nudge, make_rig
from waypost_server.domain.definitions import Cap, Catalog, Content, Feature, Frequency, Goal, Limit
from waypost_server.domain.errors import HeldError
from waypost_server.domain.events import Envelope
from waypost_server.services.claim import Claim, claim
from waypost_server.services.decide import Question, decide
from waypost_server.services.facts import glance
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.recover import recover
from waypost_server.services.runtime import Runtime
from waypost_server.store import fact_stamp
from waypost_server.store.database import Database, open_engine
from waypost_server.store.facts import AccountCap, Wanted
from waypost_server.store.facts import build as statement
from waypost_server.store.tables import (
    Account,
    ConsoleUser,
    EndUser,
    Interaction,
    Membership,
    MilestoneState,
    NudgeGrant,
    Offer,
    Signal,
    Task,
    Touch,
    UsageDay,
    UsageTotal,
)

FEATURES = ("editor", "runner", "reports")
CATALOG = Catalog(product="Acme", features=tuple(Feature(each, each.title(), (each,)) for each in FEATURES))
TEXT = (
    "{{ user.name }} {{ user.role }} {{ user.team }} of {{ account.name }} {{ account.plan }} {{ account.owner }}"
    " {{ account.users }}: {{ usage.editor.total }} {{ usage.editor.count_7d }} {{ usage.runner.days_28d }}"
    " {{ account_usage.editor.total }} {{ account_usage.runner.users_28d }} {{ milestone.setup.done }}"
    " {{ nudge.tip.shown }} {{ nudge.tip.clicked }} {{ nudge.tip.dismissed }} {{ signal.usage_decay.severity }}"
    " {{ account.motion }} {{ account.segment }}"
)
OFTEN = Frequency((Limit(4), Limit(2, 1)), cooldown_days=0)
NUDGES = (
    make_nudge("everything", content={"en": Content("All", TEXT.replace(" }}", ' | default("-") }}'))}),
    make_nudge("tip", frequency=OFTEN),
    make_nudge("goal", goal=Goal(feature="runner", count=3), audience={"user.role": "admin"}),
    make_nudge("habit", goal=Goal(feature="editor", weeks_active=2), frequency=OFTEN),
    make_nudge("granted", from_play=True),
    make_nudge("decay", audience={"signal.usage_decay.open": True}, holdout_percent=30),
)
POLICY = capped(Cap(3, 86_400, kinds=("interrupting",)), Cap(5, 7 * 86_400, "account"))
PERSONAL = (  # what teams did is not read, so that nothing of it can stand for what one person did
    make_nudge("tip", frequency=OFTEN, content={"en": Content("Tip", "{{ user.name }} {{ user.role }}")}),
    make_nudge(
        "used", content={"en": Content("Used", "{{ usage.editor.total }} {{ usage.runner.days_7d }}")}
    ),
    make_nudge("seen", content={"en": Content("Seen", "{{ nudge.tip.clicked }} {{ milestone.setup.done }}")}),
    make_nudge("plan", content={"en": Content("Plan", '{{ account.plan | default("-") }}')}),
)
PEOPLE = (("u1", "acme"), ("u2", "acme"), ("u3", "globex"))


@dataclass
class World:
    """Two accounts, three people, and everything that can happen to them."""

    runtime: Runtime
    clock: Clock
    dice: random.Random
    nudges: tuple[Any, ...]
    offers: list[tuple[str, str, str]] = field(default_factory=list)  # user, nudge, offer
    count: int = 0

    def act(self) -> str:
        """Do one of them; its name."""
        user, account = self.dice.choice(PEOPLE)
        ours = (self.use, self.claim, self.claim, self.react, self.mend, self.mend, self.mend, self.mend)
        teams = (self.describe, self.join, self.sweep, self.contact, self.signal, self.task, self.grant)
        what: Callable[[str, str], None] = self.dice.choice(
            (*ours, *(teams if self.nudges is NUDGES else ours), self.console, self.erase, self.wait)
        )
        what(user, account)
        return what.__name__

    def send(self, user: str, account: str, **changes: Any) -> None:
        event = make_event(userId=user, timestamp=self.clock().isoformat(), **changes)
        event["context"] = {"groupId": account}
        receipt = ingest(self.runtime, Sender(WORKSPACE, "server"), [event], Envelope(self.clock()))
        assert receipt.accepted == 1

    def use(self, user: str, account: str) -> None:
        self.send(user, account, event=self.dice.choice(FEATURES))

    def describe(self, user: str, account: str) -> None:
        if self.dice.random() < 0.5:
            traits = {"name": f"Name {self.number()}", "role": self.dice.choice(("admin", "viewer"))}
            self.send(user, account, type="identify", traits=traits)
        else:
            self.send(user, account, type="group", groupId=account, traits={"plan": f"plan {self.number()}"})

    def join(self, user: str, _account: str) -> None:
        self.send(user, self.dice.choice(("acme", "globex")), event="editor")
        self.send(f"new {self.number()}", "acme", event="runner")

    def claim(self, user: str, account: str) -> None:
        nudge = self.dice.choice(self.nudges).key
        try:
            got = claim(self.runtime, WORKSPACE, Claim(user, account, nudge, f"claim-{self.number()}"))
        except HeldError:
            return
        self.offers.append((user, nudge, got.offer_id))

    def react(self, _user: str, account: str) -> None:
        if self.offers:
            user, nudge, offer = self.dice.choice(self.offers)
            what = self.dice.choice(("shown", "clicked", "dismissed", "snoozed", "anchor_missing"))
            properties = {"nudge": nudge, "offerId": offer, "reaction": what}
            self.send(user, account, event="$nudge", properties=properties)

    def sweep(self, _user: str, _account: str) -> None:
        self.clock.move(minutes=11)
        recover(self.runtime)

    def contact(self, user: str, account: str) -> None:
        touch = {"channel": "call", "kind": "passive", "at": self.clock()}
        row = Touch(id=f"contact:{self.number()}", account_id=account, user_id=user, **touch)
        self.add(row)

    def signal(self, _user: str, account: str) -> None:
        self.write(update(Signal).where(Signal.account_id == account).values(state="closed"))
        if self.dice.random() < 0.7:
            kind = {"kind": "usage_decay", "dedupe_key": f"usage_decay:{account}:", "state": "open"}
            rest = {"evidence": {}, "since": self.clock(), "opened_at": self.clock(), "handling": "none"}
            self.add(
                Signal(id=f"{self.number()}", account_id=account, severity=self.dice.random(), **kind, **rest)
            )

    def task(self, _user: str, account: str) -> None:
        self.write(update(Task).where(Task.account_id == account).values(state="done"))
        text = {"title": "Call", "draft": "", "evidence": {}, "severity": 0.5, "state": "open"}
        if self.dice.random() < 0.6:
            key = f"task-{self.number()}"
            when = {"due_at": self.clock(), "created_at": self.clock()}
            self.add(Task(id=key, dedupe_key=key, account_id=account, mute_digital=True, **text, **when))

    def grant(self, _user: str, account: str) -> None:
        run = f"{self.dice.choice(('run', 'person:'))}{self.number()}"
        until = self.clock() + timedelta(hours=self.dice.randrange(1, 30))
        self.add(NudgeGrant(account_id=account, nudge="granted", run_id=run, roles=None, until=until))

    def console(self, _user: str, account: str) -> None:
        motion = self.dice.choice(("long_tail", "strategic", None))
        mine = update(Account).where(Account.id == account)
        self.write(mine.values(owner="csm", motion=motion, segment=self.dice.choice(("small", "large"))))
        self.write(update(ConsoleUser).values(name=f"Nora {self.number()}"))

    def mend(self, user: str, account: str) -> None:
        """Somebody at the database's own prompt changes rows of one table alone."""
        table, values = self.dice.choice(
            (
                (EndUser, {"name": f"Name {self.number()}"}),
                (Membership, {"role": self.dice.choice(("admin", "viewer", "owner"))}),
                (MilestoneState, {"steps": self.dice.choice(({}, {"open": "2026-11-01"}))}),
                (Offer, {"reaction": self.dice.choice(("dismissed", "clicked", "never_again"))}),
                (Interaction, {"reaction": self.dice.choice(("dismissed", "clicked", "completed"))}),
                (Touch, {"at": self.clock() - timedelta(hours=self.dice.randrange(40))}),
                (UsageTotal, {"total": UsageTotal.total + 1}),
                (Account, {"traits": {"plan": f"plan {self.number()}"}}),
            )
        )
        column = {EndUser: EndUser.id, Account: Account.id}.get(table) or table.user_id
        self.write(update(table).where(column == (account if table is Account else user)).values(values))

    def erase(self, user: str, account: str) -> None:
        for table in self.dice.sample((Offer, Touch, UsageTotal, EndUser, Membership), 2):
            column = table.id if table is EndUser else table.user_id
            self.write(delete(table).where(column == user))
            if table is UsageTotal:
                self.write(delete(UsageDay).where(UsageDay.user_id == user))

    def wait(self, _user: str, _account: str) -> None:
        self.clock.move(minutes=self.dice.choice((1, 1, 5, 60, 1500)))

    def number(self) -> int:
        self.count += 1
        return self.count

    def add(self, row: Any) -> None:
        row.workspace_id = WORKSPACE
        add_rows(self.runtime.db, [row])

    def write(self, statement: Any) -> None:
        with self.runtime.db.write() as session:
            session.execute(statement.execution_options(synchronize_session=False))


@pytest.mark.slow
@pytest.mark.parametrize(("nudges", "seed", "different"), [(NUDGES, 1, 60), (PERSONAL, 2, 40)])
def test_a_remembered_decision_is_what_a_fresh_one_would_be(
    database: Database, nudges: tuple[Any, ...], seed: int, different: int
) -> None:
    """After any write the answer equals one made from facts read just now; without one it is the same object."""
    clock = Clock()
    policy = POLICY if nudges is NUDGES else capped(Cap(3, 86_400, kinds=("interrupting",)))
    runtime, _ = make_rig(database, *nudges, clock=clock, catalog=CATALOG, policy=policy)
    add_person(database, "u2")
    add_person(database, "u3", "globex", role="viewer")
    csm = {"id": "csm", "email": "n@example.com", "name": "Nora", "role": "csm", "created_at": clock()}
    add_rows(database, [ConsoleUser(workspace_id=WORKSPACE, **csm)])
    world = World(runtime, clock, random.Random(seed), nudges)
    questions = [Question(user, account) for user, account in PEOPLE] + [
        Question("u1"),
        Question("u2", "globex"),
    ]
    answers, done = set(), set()
    for _ in range(150):
        done.add(world.act())
        for question in questions:
            got = decide(runtime, WORKSPACE, question)
            fresh = decide(
                runtime, WORKSPACE, Question(question.user_id, question.account_id, f"en-{world.number()}")
            )
            assert (got.keys, got.nudges) == (fresh.keys, fresh.nudges), done
            answers.add((got.keys, tuple(bytes(each) for each in got.nudges)))
        again = [decide(runtime, WORKSPACE, question) for question in questions]
        assert all(
            a is b
            for a, b in zip(again, (decide(runtime, WORKSPACE, each) for each in questions), strict=True)
        )
    assert len(done) == (14 if nudges is NUDGES else 7) and len(answers) > different


def test_a_write_to_any_one_table_changes_the_stamp(postgres_url: str) -> None:
    """Each part sees its own table, with no help from the others."""
    engine, clock = open_engine(postgres_url), Clock()
    runtime, releases = make_rig(
        Database(engine), *PERSONAL, clock=clock, catalog=CATALOG, policy=capped(Cap(3, 86_400))
    )
    who = {"workspace_id": WORKSPACE, "account_id": "acme", "user_id": "u1"}
    offer = {"nudge": "tip", "release": 1, "kind": "passive", "state": "shown", "claim_id": "c"}
    use = {"feature": "editor", "first_at": clock(), "last_at": clock(), "total": 1}
    rows: list[tuple[Any, dict[str, Any]]] = [
        (EndUser(workspace_id=WORKSPACE, id="u9"), {"name": "New"}),
        (Account(workspace_id=WORKSPACE, id="zeta"), {"segment": "new"}),
        (Membership(**{**who, "user_id": "u9"}), {"role": "owner"}),
        (UsageTotal(**who, **use), {"total": 2}),
        (
            MilestoneState(**who, milestone="setup", done=0, total=2, steps={}),
            {"steps": {"open": "2026-11-01"}},
        ),
        (Offer(**who, id="o", claimed_at=clock(), **offer), {"reaction": "dismissed"}),
        (
            Interaction(**who, id="i", offer_id="o", nudge="tip", reaction="shown", at=clock()),
            {"reaction": "clicked"},
        ),
        (Touch(**who, id="t", channel="call", kind="passive", at=clock()), {"kind": "survey"}),
    ]
    stamps = []
    for row, change in rows:
        add_rows(runtime.db, [row])
        stamps.append(stamp_of(runtime, releases))
        with runtime.db.write() as session:
            session.execute(update(type(row)).values(change))
        stamps.append(stamp_of(runtime, releases))
    engine.dispose()
    assert all(before != after for before, after in zip(stamps[::2], stamps[1::2], strict=True))


def stamp_of(runtime: Runtime, releases: FixedReleases) -> Any:
    """The stamp of u1 in acme."""
    return glance(runtime, WORKSPACE, "u1", "acme", releases.by_workspace[WORKSPACE]).stamp()


def test_every_table_of_the_facts_is_in_the_stamp() -> None:
    """A part that starts to read another table must say so in its stamp; days are counted with their totals."""
    keys, days = ("x",), ("days_28d",)
    everything = Wanted(
        usage=keys, usage_windows=keys, usage_fields=days, account_usage=keys, account_windows=keys,
        account_fields=days, role_windows=keys, role_fields=days, roles=keys, role_users=True, milestones=keys,
        signals=keys, nudges=keys, account_users=True, windows=(1.0,), person_seconds=1,
        account_caps=(AccountCap(1, 1, None, None),), week_features=keys,
    )  # fmt: skip
    facts, stamp = statement(False, everything, True)[0], fact_stamp.build(everything, True)
    assert tables(facts) - tables(stamp) == set()
    without_teams = Wanted(
        usage=keys, usage_windows=keys, usage_fields=days, week_features=keys, person_seconds=1
    )
    facts, stamp = statement(False, without_teams, True)[0], fact_stamp.build(without_teams, True)
    assert tables(facts) - tables(stamp) == {"usage_day"}


def tables(sql: str) -> set[str]:
    """The tables a statement reads."""
    words = sql.replace("(", " ").replace(")", " ").split()
    return {after for word, after in itertools.pairwise(words) if word in ("from", "join")} - {"select"}
