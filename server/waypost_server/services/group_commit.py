"""Jobs that wait at the same moment are done as one, so that they share a transaction and its commit.

Nobody waits to be joined: the first to come runs at once, and those that come while it runs are the next
group. An idle server gains nothing and loses nothing; a busy one pays for one commit instead of many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Joinable(Protocol):
    """Work that can be joined with other work of its lane."""

    @property
    def lane(self) -> Hashable:
        """Only jobs of equal lanes are joined; lanes do not wait for each other."""

    @property
    def weight(self) -> int:
        """How much of a group's room it takes."""


J = TypeVar("J", bound=Joinable)
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Ticket(Generic[J, R]):
    """A job that waits. `turn` is released when its thread has something to do."""

    job: J
    turn: threading.Lock = field(default_factory=threading.Lock)
    leads: bool = False
    results: Sequence[R] = ()  # of the group it was in, its own alone; empty if the group failed

    def __post_init__(self) -> None:
        self.turn.acquire()


class GroupCommit(Generic[J, R]):
    """Runs jobs, those of a lane one group after another, each in the thread of one of its members."""

    def __init__(self, run: Callable[[Sequence[J]], Sequence[R]], *, room: int) -> None:
        """`run` gives a result for each job, in their order. A group weighs at most `room`, or is one job."""
        self._run = run
        self._room = room
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, list[_Ticket[J, R]]] = {}  # by lane, while a group of it runs

    def do(self, job: J) -> R:
        """The job's result. A job of a group that failed is run once more by itself, so that it never
        suffers for its neighbours; what `run` raises then is raised here."""
        lane, ticket = job.lane, _Ticket[J, R](job)
        with self._lock:
            queue = self._waiting.get(lane)
            if queue is None:
                self._waiting[lane] = []
                ticket.leads = True
            else:
                queue.append(ticket)
        if not ticket.leads:
            ticket.turn.acquire()
        if ticket.leads:
            self._lead(lane, ticket)
        return ticket.results[0] if ticket.results else self._run([job])[0]

    def _lead(self, lane: Hashable, leader: _Ticket[J, R]) -> None:
        """Run the leader's group, then hand the lane to the next in line and the results to their threads."""
        group = self._group(lane, leader)
        try:
            results = self._run([each.job for each in group])
            for ticket, result in zip(group, results, strict=True):
                ticket.results = (result,)
        except Exception:
            if len(group) == 1:
                raise
        finally:
            self._hand_on(lane)
            for ticket in group[1:]:
                ticket.turn.release()

    def _group(self, lane: Hashable, leader: _Ticket[J, R]) -> list[_Ticket[J, R]]:
        group, room = [leader], self._room - leader.job.weight
        with self._lock:
            queue = self._waiting[lane]
            while queue and queue[0].job.weight <= room:
                room -= queue[0].job.weight
                group.append(queue.pop(0))
        return group

    def _hand_on(self, lane: Hashable) -> None:
        with self._lock:
            queue = self._waiting[lane]
            if queue:
                heir = queue.pop(0)
                heir.leads = True
                heir.turn.release()
            else:
                del self._waiting[lane]
