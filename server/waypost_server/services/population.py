"""Everybody in a workspace, and those of them who satisfy a condition.

The facts are those of a decision. Of each person only what the condition reads is read, in one statement for
all, and people of whom that is the same are asked about once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import Condition
from waypost_server.domain.page import Page
from waypost_server.services import facts
from waypost_server.services.classify import classify, paths_read
from waypost_server.services.crowd_look import Look
from waypost_server.services.facts_of_many import facts_of_many
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import crowd_parts, crowds, motion_overrides
from waypost_server.store.crowds import Member

SAMPLE = 2_500  # people in a sample: a share is known to 2 points
AT_ONCE = 2_000  # accounts read in one statement
SETTLED = 0.3  # seconds after which the time for the rest can be foretold


@dataclass(slots=True)
class Population:
    """Everybody in a workspace, as one release's facts see them."""

    session: Session
    runtime: Runtime
    workspace_id: str
    release: LiveRelease
    reclassify: bool = False  # segment and motion by this release's rules, not as stored
    words: dict[str, str] | None = None  # motions that people have set, by account; read when first needed
    sizes: tuple[int, int] | None = None

    @property
    def memberships(self) -> int:
        """How many people are in accounts: whoever belongs to two counts twice."""
        return self._size()[0]

    @property
    def users(self) -> int:
        """How many people there are."""
        return self._size()[1]

    def sample(self) -> list[Member]:
        """SAMPLE people in accounts, at random; everybody if there are fewer."""
        return crowds.some(self.session, self.workspace_id, SAMPLE)

    def reached(
        self, condition: Condition, among: Sequence[Member] | None = None, *, page: Page | None = None
    ) -> Iterator[tuple[list[Member], int]]:
        """Who satisfies the condition, of everybody or `among` some: part by part, with how many were looked at.

        What it asks of the page is judged by `page`; without one, it is enough that it holds on some page.
        """
        return Look(self, compile_condition(condition), page).found(among)

    def everybody(
        self,
        condition: Condition,
        *,
        page: Page | None = None,
        seconds: float | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> list[Member] | None:
        """Who satisfies the condition; None as soon as it is clear that it takes longer than `seconds`."""
        began = last = stopwatch()
        found, seen, size = list[Member](), 0, self.memberships
        for some, looked_at in self.reached(condition, page=page):
            found += some
            seen += looked_at
            now = stopwatch()
            rest = (size - seen) * (now - last) / looked_at
            if seconds is not None and now - began > SETTLED and now - began + rest > seconds:
                return None
            last = now
        return found

    def among(
        self, condition: Condition, people: Sequence[Member], *, page: Page | None = None
    ) -> list[Member]:
        """Who of `people` satisfies the condition."""
        return [each for some, _ in self.reached(condition, people, page=page) for each in some]

    def account_facts(self, account_ids: Sequence[str], paths: frozenset[str]) -> dict[str, facts.Values]:
        """Account id → the facts at `paths`, with segment and motion as this release gives them."""
        if self.reclassify:
            paths |= paths_read(self.release.definitions)
        zone = self.zone()
        subject = facts.subject_of(self.runtime, self.workspace_id, "", "", zone)
        wanted, found = facts.wanted(self.release, paths), {}
        for start in range(0, len(account_ids), AT_ONCE):
            chunk = account_ids[start : start + AT_ONCE]
            read = crowd_parts.of_accounts(self.session, self.runtime.db.is_sqlite, wanted, subject, chunk)
            for account_id, parts in zip(chunk, read, strict=True):
                one = subject.of("", account_id)
                parts |= {"account_id": [account_id], "membership": None}
                built = facts.build(parts, one, self.release, zone, paths=paths)
                found[account_id] = self._classified(built.values)
        return found

    def built(
        self, pairs: Sequence[tuple[str, str]], paths: frozenset[str]
    ) -> Iterator[tuple[tuple[str, str], facts.Values]]:
        """((account, user), the facts at `paths`), all by the statement of a decision."""
        found = facts_of_many(self.session, self.runtime, self.workspace_id, self.release, pairs, paths=paths)
        for pair, each in zip(pairs, found, strict=True):
            yield pair, each.values

    def zone(self) -> Any:
        """The workspace's time zone."""
        return self.runtime.releases.standing(self.session, self.workspace_id).zone

    def _size(self) -> tuple[int, int]:
        if self.sizes is None:
            self.sizes = crowds.size(self.session, self.workspace_id)
        return self.sizes

    def _classified(self, values: facts.Values) -> facts.Values:
        if not self.reclassify:
            return values
        segment, motion = classify(self.release.definitions, values)
        motion = self._set_by_people().get(values["account"]["id"], motion)
        return {**values, "account": {**values["account"], "segment": segment, "motion": motion}}

    def _set_by_people(self) -> dict[str, str]:
        if self.words is None:
            standing = motion_overrides.standing_at(self.session, self.workspace_id, self.runtime.clock())
            self.words = {account_id: motion for account_id, (motion, _) in standing.items()}
        return self.words
