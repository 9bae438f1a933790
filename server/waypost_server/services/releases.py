"""The live release of each workspace, loaded and compiled once per process, and the past ones last asked for.

A cached entry is trusted for a second, then its number is compared with the database; so a publish is
seen by every process within about a second, and a hot request pays nothing. A release that was replaced forgets what it
remembered of people: nobody decides by it any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from waypost_server.definitions.loader import load_files
from waypost_server.domain.compiled import CompiledRelease, compile_release
from waypost_server.domain.definitions import Definitions, Play
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.play_program import Instruction, program
from waypost_server.services.recent import Recent
from waypost_server.services.words import Words, parse_words
from waypost_server.store import releases as store
from waypost_server.store.database import Database

FRESH = timedelta(seconds=1)
KEPT = 64  # past releases; runs and messages of theirs go on for weeks
REMEMBERED = 4_096  # decisions kept per release, a few kilobytes each
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class LiveRelease:
    """A release ready to use; its parts are made when first asked for."""

    number: int
    definitions: Definitions

    @cached_property
    def plays(self) -> dict[str, Play]:
        """Plays by key."""
        return {play.key: play for play in self.definitions.plays}

    @cached_property
    def watching(self) -> tuple[Play, ...]:
        """The plays that a condition starts."""
        return tuple(play for play in self.definitions.plays if play.on.condition is not None)

    @cached_property
    def programs(self) -> dict[tuple[str, str], tuple[Instruction, ...]]:
        """The steps of each play and motion, as instructions."""
        return {
            (play.key, motion): program(steps)
            for play in self.definitions.plays
            for motion, steps in play.branches.items()
        }

    @cached_property
    def theme(self) -> msgspec.Raw | None:
        """The look of nudges as finished JSON, for every answer; None when the policy sets none."""
        theme = self.definitions.policy.theme
        return None if theme is None else msgspec.Raw(msgspec.json.encode(theme.as_json()))

    @cached_property
    def words(self) -> Words:
        """The parsed texts of every nudge."""
        return parse_words(self.definitions)

    @cached_property
    def answers(self) -> Recent[Any, Any]:
        """The last decision for each question, kept by `decide`; another workspace has another release."""
        return Recent(REMEMBERED)

    def forget_people(self) -> None:
        """Give back the memory of decisions and renderings, which may be many megabytes."""
        self.answers.clear()
        if "words" in self.__dict__:  # asked for at least once
            self.words.forget()

    @cached_property
    def funnels(self) -> dict[str, Any]:
        """The last funnel of each nudge, kept by `funnel` for a minute."""
        return {}

    @cached_property
    def compiled(self) -> CompiledRelease:
        """Conditions as closures, with what they need from the store."""
        return compile_release(self.definitions, self.words.paths)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision needs to know about a workspace before it reads anything about a person."""

    release: LiveRelease | None
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class _Entry:
    standing: Standing
    checked_at: datetime


class ReleaseCache:
    """Live and past releases by workspace. Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._live: dict[str, _Entry] = {}
        self._pinned: OrderedDict[tuple[str, int], LiveRelease] = (
            OrderedDict()
        )  # the last asked for at the end

    def live(self, session: Session, workspace_id: str) -> LiveRelease | None:
        """The newest release, or None when nothing was published yet."""
        return self.standing(session, workspace_id).release

    def standing(self, session: Session, workspace_id: str) -> Standing:
        """The newest release and the workspace's zone (UTC for an unknown workspace)."""
        now = self._clock()
        entry = self._live.get(workspace_id)
        if entry is not None and timedelta(0) <= now - entry.checked_at < FRESH:
            return entry.standing
        number, timezone = store.live_number_and_timezone(session, workspace_id)
        release = None if number is None else self.pinned(session, workspace_id, number)
        standing = Standing(release, zone_of(timezone))
        with self._lock:
            before = self._live.get(workspace_id)
            self._live[workspace_id] = _Entry(standing, now)
        replaced = before.standing.release if before is not None else None
        if replaced is not None and replaced is not release:
            replaced.forget_people()
        return standing

    def glance(self, db: Database, workspace_id: str) -> Standing:
        """As `standing`, opening a session only when the cached entry is stale: for the hot path."""
        now = self._clock()
        entry = self._live.get(workspace_id)
        if entry is not None and timedelta(0) <= now - entry.checked_at < FRESH:
            return entry.standing
        with db.read() as session:
            return self.standing(session, workspace_id)

    def pinned(self, session: Session, workspace_id: str, number: int) -> LiveRelease:
        """One release by number; raises NotFoundError. Releases never change, so those in use are kept."""
        kept = self._kept(workspace_id, number)
        if kept is not None:
            return kept
        with self._loading:  # a big release takes seconds: one thread reads it, the others wait for it
            kept = self._kept(workspace_id, number)
            if kept is not None:
                return kept
            found = store.found(session, workspace_id, number)
            if found is None:
                raise NotFoundError(f"There is no release {number}.")
            files, environment = found
            release = LiveRelease(number, load_files(files, environment=environment).definitions)
            with self._lock:
                self._pinned[(workspace_id, number)] = release
                while len(self._pinned) > KEPT:
                    self._pinned.popitem(last=False)
            return release

    def forget(self, workspace_id: str) -> None:
        """Look again at the next call; used right after publishing."""
        with self._lock:
            entry = self._live.get(workspace_id)
            if entry is not None:
                self._live[workspace_id] = _Entry(entry.standing, _LONG_AGO)

    def _kept(self, workspace_id: str, number: int) -> LiveRelease | None:
        entry = self._live.get(workspace_id)
        live = entry.standing.release if entry is not None else None
        if live is not None and live.number == number:
            return live
        with self._lock:
            found = self._pinned.get((workspace_id, number))
            if found is not None:
                self._pinned.move_to_end((workspace_id, number))
            return found
