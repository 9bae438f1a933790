"""The releases a process keeps: the live one and a few past ones, so that publishing every day fills no memory."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest

from tests.builders import WORKSPACE, Clock, add_workspace, make_runtime
from tests.definitions.files import FILES
from waypost_server.services import releases
from waypost_server.services.decide import Question, decide
from waypost_server.services.publish import publish
from waypost_server.services.releases import LiveRelease, ReleaseCache
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database


@pytest.fixture
def runtime(database: Database, clock: Clock) -> Runtime:
    """A workspace where nothing is published yet."""
    add_workspace(database)
    return make_runtime(database, clock, releases=ReleaseCache(clock))


def _publish(runtime: Runtime, number: int) -> None:
    files = {**FILES, "policy.yaml": FILES["policy.yaml"].replace("max: 3", f"max: {number}")}
    assert publish(runtime, WORKSPACE, files, author="jo") == number


def _live(runtime: Runtime) -> LiveRelease:
    found = runtime.releases.glance(runtime.db, WORKSPACE).release
    assert found is not None
    return found


def _pinned(runtime: Runtime, number: int) -> LiveRelease:
    with runtime.db.read() as session:
        return runtime.releases.pinned(session, WORKSPACE, number)


@pytest.mark.parametrize("by_us", [True, False])
def test_what_a_replaced_release_remembered_is_forgotten(runtime: Runtime, clock: Clock, by_us: bool) -> None:
    """Its decisions and renderings go with it, whoever published the next one."""
    _publish(runtime, 1)
    decide(runtime, WORKSPACE, Question("ada"))
    first = _live(runtime)
    first.words.kept(("hint",), dict)
    assert first.answers and first.words._kept
    other = replace(runtime, releases=ReleaseCache(clock))
    _publish(runtime if by_us else other, 2)
    clock.move(seconds=2)
    assert _live(runtime).number == 2
    assert not first.answers and not first.words._kept
    assert _pinned(runtime, 1) is first


def test_the_live_release_is_read_once(
    runtime: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is compared with the database, and however many past ones are read meanwhile."""
    monkeypatch.setattr(releases, "KEPT", 1)
    for number in (1, 2):
        _publish(runtime, number)
    live = _live(runtime)
    _pinned(runtime, 1)
    clock.move(seconds=2)
    assert _live(runtime) is live is _pinned(runtime, 2)


def test_past_releases_are_kept_as_long_as_they_are_asked_for(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few of them; the one that nobody asked for the longest goes first."""
    monkeypatch.setattr(releases, "KEPT", 2)
    for number in range(1, 5):
        _publish(runtime, number)
    first, second = _pinned(runtime, 1), weakref.ref(_pinned(runtime, 2))
    assert _pinned(runtime, 1) is first
    _pinned(runtime, 3)
    gc.collect()
    assert second() is None and _pinned(runtime, 1) is first
