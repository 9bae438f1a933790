"""Whatever the plays say and however motions change: nothing is made or sent by software for a strategic account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE
from tests.faults.sinks import HookSink, hook_sink
from tests.services.any_play import SPEAKING, AnyPlay, any_play, automated, heard, left, settle_in, traits
from tests.services.play_rig import PlayRig
from waypost_server.domain.errors import ConflictError
from waypost_server.services.fsck import check as fsck
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Task

Fresh = Callable[[], AbstractContextManager[tuple[Database, Path]]]
Sink = tuple[HookSink, str]
MOTIONS = st.lists(st.sampled_from(["strategic", "long_tail"]), min_size=4, max_size=4)
EVERY_KIND = AnyPlay("signal", list(SPEAKING), list(SPEAKING))


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """Where chat and webhooks go."""
    with hook_sink() as made:
        yield made


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_play(), MOTIONS)
@example(EVERY_KIND, ["strategic", "long_tail", "strategic", "long_tail"])
@example(EVERY_KIND, ["long_tail", "strategic", "strategic", "long_tail"])
def test_no_automated_message_is_made_while_an_account_is_strategic(
    fresh: Fresh, sink: Sink, play: AnyPlay, motions: list[str]
) -> None:
    """Any trigger, steps of every kind in any order, and an account whose motion changes from day to day."""
    with fresh() as (database, folder):
        rig = PlayRig(database, folder / "mailbox")
        settle_in(rig, play, *sink)
        _live(rig, play, motions, sink[0])
        assert fsck(rig.runtime) == []


def _live(rig: PlayRig, play: AnyPlay, motions: list[str], sink: HookSink) -> None:
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16), traits=traits(motions[0], seats=1))
    rig.drain()
    for day, motion in enumerate(motions):
        before = automated(rig), left(rig), heard(sink)
        rig.sql(
            "update account set traits = :t", t=json.dumps(traits(motion, seats=30 if day % 2 == 0 else 1))
        )
        rig.touch()
        if play.trigger == "person":
            with suppress(ConflictError):
                start_run(rig.runtime, WORKSPACE, Wish("anything", "acme", anyway=True, actor="robin"))
        rig.drain()
        if motion == "strategic":
            after = automated(rig), left(rig), heard(sink)
            assert after[0] <= before[0], "something automated was made for a strategic account"
            assert after[1] <= before[1], "something automated was sent to a strategic account"
            assert after[2] == before[2], "a customer's room or the hook heard of a strategic account"
        if day == 0:
            _assert_it_spoke(rig, play, motion)
        rig.clock.move(days=1, minutes=1)


def _assert_it_spoke(rig: PlayRig, play: AnyPlay, motion: str) -> None:
    """Without this the test would hold of plays that do nothing."""
    if motion == "strategic" and play.strategic[0] in SPEAKING:
        assert rig.rows(Task), "work for a person was lost"
    if motion == "long_tail" and play.tail[0] in SPEAKING:
        assert automated(rig), "the play said nothing at all"
