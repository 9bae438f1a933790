"""Whatever begins a play, whatever its steps and whenever an account's motion turns over: nothing automated is said
to a strategic account, neither decided nor sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import WORKSPACE
from tests.faults.sinks import HookSink, hook_sink
from tests.services.any_play import SHRINK, SPEAKING, AnyPlay, any_play, automated, settle_in, traits
from tests.services.play_rig import PlayRig
from waypost_server.channels.chat import ChatPost, Chatter
from waypost_server.channels.email import Mail, Mark
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.channels.outcome import Outcome
from waypost_server.channels.webhook import Post, Poster
from waypost_server.domain.errors import ConflictError
from waypost_server.services.bulk_start import begin_bulk
from waypost_server.services.fsck import check as fsck
from waypost_server.services.motion import Word, set_motion
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, PlayRun, StepRun

Fresh = Callable[[], AbstractContextManager[tuple[Database, Path]]]
Sink = tuple[HookSink, str]
MOMENTS = (
    "evaluate.claimed",
    "evaluate.committed",
    "advance.claimed",
    "deliver.before_claim",
    "deliver.claimed",
)
NEVER = 9
EMAIL, TASK = SPEAKING[0], "task: {template: brief}"


@dataclass(frozen=True)
class Act:
    """Something happens, and at that moment of the worker's next work (NEVER: not at all) the motion turns over."""

    what: str
    turns_at: int


ACTS = st.builds(
    Act,
    st.sampled_from(["start", "bulk", "seats", "touch", "by a person", "traits"]),
    st.one_of(st.just(NEVER), st.integers(0, 6)),
)


@dataclass
class Witness:
    """Looks at the account whenever something automated is about to reach a customer."""

    database: Database
    wrong: list[str] = field(default_factory=list)

    def look(self, what: str) -> None:
        """Note what leaves while the account is strategic."""
        with self.database.read() as session:
            account = session.get(Account, (WORKSPACE, "acme"))
        if account is not None and account.motion == "strategic":
            self.wrong.append(what)


@dataclass
class WitnessedMail:
    """A mailer beside which a witness stands."""

    inner: MailboxMailer
    witness: Witness

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """To a customer it is automated, unless a person of ours sends it."""
        with self.witness.database.read() as session:
            row = session.scalars(select(Delivery).where(Delivery.id == mail.delivery_id)).one()
        if row.account_id and not row.person:
            self.witness.look(f"mail {row.id}")
        return self.inner.send(mail, mark)

    def close(self) -> None:
        """Nothing is kept open."""


@dataclass
class WitnessedChat:
    """A chat poster beside which a witness stands."""

    inner: Chatter
    witness: Witness

    def post(self, post: ChatPost, mark: Mark) -> Outcome:
        """A room that an account's trait names is read by customers."""
        if post.room:
            self.witness.look(f"chat {post.room}")
        return self.inner.post(post, mark)

    def can_post(self, address: str) -> bool:
        """As the real one."""
        return self.inner.can_post(address)


@dataclass
class WitnessedHook:
    """A webhook poster beside which a witness stands."""

    inner: Poster
    witness: Witness

    def post(self, post: Post) -> Outcome:
        """The hook is a step of the play, so it is automated."""
        self.witness.look(f"webhook {post.delivery_id}")
        return self.inner.post(post)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Where chat and webhooks go."""
    with hook_sink() as made:
        yield made


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_play(SHRINK), st.lists(ACTS, min_size=2, max_size=5), st.booleans())
@example(
    AnyPlay("person", [EMAIL], [TASK]), [Act("start", 1), Act("touch", NEVER)], False
)  # a mail is queued
@example(AnyPlay("person", [EMAIL], [TASK]), [Act("start", 2), Act("touch", NEVER)], False)  # and claimed
@example(AnyPlay("person", [*SPEAKING], [TASK]), [Act("start", 3), Act("touch", NEVER)], False)
def test_software_never_speaks_to_a_strategic_account(
    fresh: Fresh, sink: Sink, play: AnyPlay, acts: list[Act], begins_strategic: bool
) -> None:
    """Every way to begin a play, and a motion that turns over between any two transactions of a worker."""
    with fresh() as (database, folder):
        life = Life(PlayRig(database, folder / "mailbox"), play, sink, strategic=begins_strategic)
        for act in acts:
            life.go(act)
        for run in life.rig.rows(PlayRun):
            assert (run.state == "ended") == (run.outcome is not None)
        assert fsck(life.rig.runtime) == []


class Life:
    """An account, its play, and what happens to it."""

    def __init__(self, rig: PlayRig, play: AnyPlay, sink: Sink, *, strategic: bool) -> None:
        self.rig, self.witness = rig, Witness(rig.database)
        self.turns_in, self.turned = NEVER, False
        settle_in(rig, play, *sink)
        rig.runtime = replace(
            rig.runtime,
            fault=self._moment,
            mailer=WitnessedMail(MailboxMailer(rig.folder), self.witness),
            chat=WitnessedChat(cast(Chatter, rig.runtime.chat), self.witness),
            poster=WitnessedHook(cast(Poster, rig.runtime.poster), self.witness),
        )
        first = rig.clock.now.date() - timedelta(days=16)
        rig.add_account(first_day=first, traits=traits("strategic" if strategic else "long_tail", seats=1))
        self._work()

    def go(self, act: Act) -> None:
        """Let it happen, let workers work, and look at what they made."""
        self.rig.clock.move(hours=1, minutes=5)
        if act.what == "by a person":
            self._turn()
        elif act.what == "start":
            with suppress(ConflictError):
                start_run(self.rig.runtime, WORKSPACE, Wish("anything", "acme", anyway=True, actor="robin"))
        elif act.what == "bulk":
            begin_bulk(self.rig.runtime, WORKSPACE, "anything", {}, actor="robin")
        else:
            motion = "strategic" if act.what == "traits" else "long_tail"
            found = traits(motion, seats=30 if act.what == "seats" else 1)
            self.rig.sql("update account set traits = :t", t=json.dumps(found))
            self.rig.touch()
        self.turns_in = act.turns_at
        self._work()

    def _work(self) -> None:
        before, was, self.turned = automated(self.rig), self._is_strategic(), False
        told = self._traits_set()
        self.rig.drain()
        stayed = was and self._is_strategic() and not self.turned and self._traits_set() == told
        if stayed:
            assert automated(self.rig) <= before, "something automated was decided for a strategic account"
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

    def _traits_set(self) -> int:
        """Steps that set a trait: they may turn the motion over, and back."""
        return sum(line.kind == "set_trait" for line in self.rig.rows(StepRun))
