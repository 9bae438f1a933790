"""Jobs that wait together are done together; nobody waits for a group to fill or suffers for a neighbour."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from waypost_server.services.group_commit import GroupCommit

LONG = 20  # seconds; only a failing test waits so long


@dataclass(frozen=True)
class Work:
    """A job that knows its lane and its weight."""

    name: str
    lane: str = "a"
    weight: int = 1


class Bench:
    """Runs groups and remembers them; the first group of each lane waits until `open` is set."""

    def __init__(self, room: int = 10, bad: str = "") -> None:
        self.groups: list[list[str]] = []
        self.open = threading.Event()
        self.begun = threading.Semaphore(0)
        self.bad = bad
        self.jobs = GroupCommit[Work, str](self.run, room=room)
        self.threads = ThreadPoolExecutor(16)

    def run(self, jobs: Sequence[Work]) -> list[str]:
        first = not any(group[0] == jobs[0].name for group in self.groups)
        self.groups.append([job.name for job in jobs])
        self.begun.release()
        if first:
            assert self.open.wait(LONG)
        if self.bad in self.groups[-1]:
            raise ValueError(self.bad)
        return [job.name.upper() for job in jobs]

    def start(self, *works: Work) -> list[Future[str]]:
        """The first one runs; the others are in line when this returns."""
        futures = [self.threads.submit(self.jobs.do, works[0])]
        assert self.begun.acquire(timeout=LONG)
        for number, work in enumerate(works[1:], start=1):
            futures.append(self.threads.submit(self.jobs.do, work))
            while len(self.jobs._waiting[work.lane]) < number:
                threading.Event().wait(0.001)
        return futures


def test_those_that_come_while_one_runs_are_done_as_one_group_in_the_order_they_came() -> None:
    bench = Bench()
    futures = bench.start(Work("one"), Work("two"), Work("three"))
    bench.open.set()
    assert [each.result(LONG) for each in futures] == ["ONE", "TWO", "THREE"]
    assert bench.groups == [["one"], ["two", "three"]]


def test_a_group_has_room_for_so_much_and_a_job_heavier_than_that_goes_alone() -> None:
    bench = Bench(room=10)
    futures = bench.start(
        Work("one"), Work("two", weight=6), Work("three", weight=5), Work("vast", weight=99)
    )
    bench.open.set()
    assert [each.result(LONG) for each in futures] == ["ONE", "TWO", "THREE", "VAST"]
    assert bench.groups == [["one"], ["two"], ["three"], ["vast"]]


def test_lanes_do_not_wait_for_each_other() -> None:
    bench = Bench()
    bench.start(Work("one", lane="a"))
    bench.start(Work("other", lane="b"))
    assert sorted(bench.groups) == [["one"], ["other"]]
    bench.open.set()


def test_when_a_group_fails_each_is_run_by_itself_and_only_the_bad_one_fails() -> None:
    bench = Bench(bad="bad")
    futures = bench.start(Work("one"), Work("good"), Work("bad"))
    bench.open.set()
    assert [each.result(LONG) for each in futures[:2]] == ["ONE", "GOOD"]
    with pytest.raises(ValueError, match="bad"):
        futures[2].result(LONG)


def test_after_a_failure_the_lane_goes_on() -> None:
    bench = Bench(bad="bad")
    bench.open.set()
    with pytest.raises(ValueError, match="bad"):
        bench.jobs.do(Work("bad"))
    assert bench.jobs.do(Work("next")) == "NEXT"
    assert bench.jobs._waiting == {}
