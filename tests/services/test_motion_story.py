"""Whatever begins a play, whatever its steps and whenever an account's motion turns over: nothing automated is said
to a strategic account, neither decided nor sent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import WORKSPACE, Clock
from tests.services.play_rig import PlayRig
from waypost_server.channels.email import Mail, Mark
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.channels.outcome import Outcome
from waypost_server.domain.errors import ConflictError
from waypost_server.services.bulk_start import begin_bulk
from waypost_server.services.fsck import check as fsck
from waypost_server.services.motion import Word, set_motion
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, NudgeGrant, PlayRun

Fresh = Callable[[], AbstractContextManager[tuple[Database, Path]]]
TRIGGERS = {
    "signal": "{signal: milestone_overdue, milestone: first_launch}",
    "condition": "{condition: {account.seats: {$gte: 10}}}",
    "person": "{person: true}",
}
STEPS = {
    "email": "email: {template: tips, to: {role: admin, limit: 1}}",
    "wait": "wait: {hours: 1}",
    "nudge": "nudge: {key: restart, role: [admin]}",
    "branch": "branch: {when: {account.seats: {$gte: 20}}, then: [{email: {template: tips, to: {role: admin}}}], "
    "else: [{nudge: restart}]}",
    "late": "wait: {hours: 2, until: {feature: export}, timeout: [{email: {template: tips, to: {role: admin}}}]}",
    "grow": "set_trait: {trait: mrr, value: 9000}",
    "shrink": "set_trait: {trait: mrr, value: 100}",
    "task": "task: {template: brief}",
}
MOMENTS = (
    "evaluate.claimed",
    "evaluate.committed",
    "advance.claimed",
    "deliver.before_claim",
    "deliver.claimed",
)
NEVER = 9
NO_LIMIT = "caps: null\nmin_gap: null\nsession: null\nquiet_hours: null\nwebhooks: {crm-note: 'https://crm.example.com/hook'}\n"


@dataclass(frozen=True)
class Play:
    """What begins it, and its steps for either motion."""

    trigger: str
    tail: list[str]
    strategic: list[str]

    def text(self) -> str:
        """The file."""
        return (
            "key: usage-drop\ntitle: Anything\ngoal: {feature: export}\n"
            f"on: {TRIGGERS[self.trigger]}\nenrol: {{max: 9, per: 90d}}\n"
            f"long_tail:\n{_listed(self.tail)}strategic:\n{_listed(self.strategic)}"
        )


@dataclass(frozen=True)
class Act:
    """Something happens, and at that moment of the worker's next work (NEVER: not at all) the motion turns over."""

    what: str
    turns_at: int


BRANCH = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4)
PLAYS = st.builds(Play, st.sampled_from(sorted(TRIGGERS)), BRANCH, BRANCH)
ACTS = st.builds(
    Act,
    st.sampled_from(["start", "bulk", "seats", "touch", "by a person", "traits"]),
    st.one_of(st.just(NEVER), st.integers(0, 6)),
)


@dataclass
class Witness:
    """A mailer that looks at the account of everything it is given to send."""

    inner: MailboxMailer
    database: Database
    wrong: list[str] = field(default_factory=list)
    sent: int = 0

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """Note the mail if it is automated and its account is strategic now."""
        with self.database.read() as session:
            row = session.scalars(select(Delivery).where(Delivery.id == mail.delivery_id)).one()
            account = session.get(Account, (WORKSPACE, row.account_id))
        if account is not None and account.motion == "strategic" and not row.person:
            self.wrong.append(row.id)
        self.sent += 1
        return self.inner.send(mail, mark)

    def close(self) -> None:
        """Nothing is kept open."""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLAYS, st.lists(ACTS, min_size=2, max_size=5), st.booleans())
@example(
    Play("person", ["email"], ["task"]), [Act("start", 1), Act("touch", NEVER)], False
)  # a mail is queued
@example(Play("person", ["email"], ["task"]), [Act("start", 2), Act("touch", NEVER)], False)  # and claimed
def test_software_never_speaks_to_a_strategic_account(
    fresh: Fresh, play: Play, acts: list[Act], begins_strategic: bool
) -> None:
    """Every way to begin a play, and a motion that turns over between any two transactions of a worker."""
    with fresh() as (database, folder):
        life = Life(database, folder, play, strategic=begins_strategic)
        for act in acts:
            life.go(act)
        for run in life.rig.rows(PlayRun):
            assert (run.state == "ended") == (run.outcome is not None)
        assert fsck(life.rig.runtime) == []


class Life:
    """An account, its play, and what happens to it."""

    def __init__(self, database: Database, folder: Path, play: Play, *, strategic: bool) -> None:
        clock = Clock()
        self.witness = Witness(MailboxMailer(folder / "mailbox"), database)
        self.rig = PlayRig(database, folder / "mailbox", mailer=self.witness, clock=clock)
        self.rig.runtime = replace(self.rig.runtime, fault=self._moment)
        self.strategic, self.turns_in = strategic, NEVER
        self.turned = False
        self.rig.publish(plays__usage_drop=play.text(), policy=NO_LIMIT)
        self.rig.add_csm()
        first = clock.now.date() - timedelta(days=16)
        traits = {"mrr": 9000 if strategic else 100, "seats": 1}
        self.rig.add_account(first_day=first, traits=traits)
        self._work()

    def go(self, act: Act) -> None:
        """Let it happen, let workers work, and look at what they made."""
        self.rig.clock.move(hours=1, minutes=5)
        if act.what == "by a person":
            self._turn()
        elif act.what == "start":
            with suppress(ConflictError):
                start_run(self.rig.runtime, WORKSPACE, Wish("usage-drop", "acme", anyway=True, actor="robin"))
        elif act.what == "bulk":
            begin_bulk(self.rig.runtime, WORKSPACE, "usage-drop", {}, actor="robin")
        else:
            mrr = 9000 if act.what == "traits" else 100
            seats = 30 if act.what == "seats" else 1
            self.rig.sql("update account set traits = :t", t=f'{{"mrr": {mrr}, "seats": {seats}}}')
            self.rig.touch()
        self.turns_in = act.turns_at
        self._work()

    def _work(self) -> None:
        before, was, self.turned = self._made(), self._is_strategic(), False
        self.rig.drain()
        if was and self._is_strategic() and not self.turned:
            assert self._made() <= before, "something automated was decided for a strategic account"
        assert self.witness.wrong == [], "something automated was sent to a strategic account"

    def _moment(self, name: str) -> None:
        """A worker stands between two transactions."""
        if name not in MOMENTS or self.turns_in == NEVER:
            return
        self.turns_in -= 1
        if self.turns_in < 0:
            self.turns_in = NEVER
            self._turn()

    def _turn(self) -> None:
        self.turned = True
        motion = "long_tail" if self._is_strategic() else "strategic"
        until = self.rig.clock.now + timedelta(hours=3)
        set_motion(self.rig.runtime, WORKSPACE, "acme", Word(motion, until, "said so", "csm-1"))

    def _is_strategic(self) -> bool:
        with self.rig.database.read() as session:
            return session.get_one(Account, (WORKSPACE, "acme")).motion == "strategic"

    def _made(self) -> set[str]:
        grants = {f"{grant.run_id} {grant.nudge}" for grant in self.rig.rows(NudgeGrant)}
        return grants | {row.id for row in self.rig.rows(Delivery) if row.account_id and not row.person}


def _listed(steps: list[str]) -> str:
    return "".join(f"  - {STEPS[step]}\n" for step in steps)
