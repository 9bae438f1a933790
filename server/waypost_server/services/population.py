"""Everybody in a workspace, and those of them who satisfy a condition.

Most people are decided without reading anything about them: facts of the account and the role settle most
conditions, once per account and role. Only who is still open after that is read, and of them only what the
condition asks. The facts are those a decision reads.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.conditions import BROWSER_ONLY, Compiled, compile_condition
from waypost_server.domain.definitions import Condition
from waypost_server.domain.page import Page
from waypost_server.domain.partial import truth
from waypost_server.services import facts
from waypost_server.services.classify import classify, paths_read
from waypost_server.services.facts_of_many import facts_of_many
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import crowd_parts, crowds, motion_overrides
from waypost_server.store.crowds import Member

CHUNK = 2_000  # people read at first; twice as many each time after that, up to
LARGEST_CHUNK = 16_000  # which bounds memory and the time between looks at the clock
SAMPLE = 200_000  # memberships looked at; of more, that many at random
AT_ONCE = 0.15  # seconds after which a look at everybody goes on only if it will be through in time


@dataclass(slots=True)
class Population:
    """Everybody in a workspace, in random order, as one release's facts see them."""

    session: Session
    runtime: Runtime
    workspace_id: str
    release: LiveRelease
    reclassify: bool = False  # segment and motion by this release's rules, not as stored
    members: list[Member] = field(default_factory=list)
    users: int = 0
    is_whole: bool = True
    words: dict[str, str] | None = None  # motions that people have set, by account; read when first needed

    @classmethod
    def of(
        cls, session: Session, runtime: Runtime, workspace_id: str, release: LiveRelease, **more: Any
    ) -> Population:
        """Read who there is. Shuffled with a fixed seed: the same people give the same sample."""
        dice = random.Random(0)
        kept: list[Member] = []
        count = 0
        for count, member in enumerate(crowds.members(session, workspace_id), start=1):
            if count <= SAMPLE:
                kept.append(member)
            elif (place := dice.randrange(count)) < SAMPLE:
                kept[place] = member
        dice.shuffle(kept)
        is_whole = count <= SAMPLE
        users = len({each.user_id for each in kept}) if is_whole else crowds.people(session, workspace_id)
        return cls(
            session, runtime, workspace_id, release, members=kept, users=users, is_whole=is_whole, **more
        )  # fmt: skip

    def reached(
        self,
        condition: Condition,
        *,
        page: Page | None = None,
        seconds: float | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> tuple[list[Member], int]:
        """(who satisfies the condition, how many of `members` were looked at, from the first).

        What it asks of the page is judged by `page`; without one, it is enough that it holds on some page.
        Looks at everybody, unless that would take longer than `seconds`: then it stops at once.
        """
        look, found = _Look(self, compile_condition(condition), page), list[Member]()
        began = last = stopwatch()
        seen, size = 0, CHUNK
        while seen < len(self.members):
            found += look.matching(self.members[seen : seen + size])
            seen += size
            now = stopwatch()
            rest = (len(self.members) - seen) * (now - last) / size
            if seconds is not None and now - began > AT_ONCE and now - began + rest > seconds:
                break
            last, size = now, min(2 * size, LARGEST_CHUNK)
        return found, min(seen, len(self.members))

    def account_facts(self, account_ids: Sequence[str], paths: frozenset[str]) -> dict[str, facts.Values]:
        """Account id → the facts at `paths`, with segment and motion as this release gives them."""
        if self.reclassify:
            paths |= paths_read(self.release.definitions)
        built = self.built([(each, "") for each in account_ids], paths)
        return {account_id: self._classified(values) for (account_id, _), values in built}

    def built(
        self, pairs: Sequence[tuple[str, str]], paths: frozenset[str]
    ) -> Iterator[tuple[tuple[str, str], facts.Values]]:
        """((account, user), the facts at `paths`), all by the statement of a decision."""
        found = facts_of_many(self.session, self.runtime, self.workspace_id, self.release, pairs, paths=paths)
        for pair, each in zip(pairs, found, strict=True):
            yield pair, each.values

    def personal(
        self, members: Sequence[Member], paths: frozenset[str]
    ) -> Iterator[tuple[Member, facts.Values]]:
        """Each member with the facts about the person alone, at `paths`."""
        wanted, subject, zone = self._wanted(paths)
        found = crowd_parts.personal(
            self.session, self.runtime.db.is_sqlite, wanted, subject, [each[:2] for each in members],
            profile=facts.need_profile(paths),
        )  # fmt: skip
        alike: dict[str | None, facts.Values] = {}  # by role: the facts of whoever has done nothing
        for each, parts in zip(members, found, strict=True):
            if parts is None and each.role in alike:
                yield each, alike[each.role]
                continue
            given = {"membership": (each.role, None), **(parts or {})}
            one = subject.of(each.user_id, each.account_id)
            values = facts.about_person(given, one, self.release, zone, paths)
            if parts is None and "user.id" not in paths:
                alike[each.role] = values
            yield each, values

    def _wanted(self, paths: frozenset[str]) -> tuple[Any, Any, Any]:
        zone = self.runtime.releases.standing(self.session, self.workspace_id).zone
        subject = facts.subject_of(self.runtime, self.workspace_id, "", "", zone)
        return facts.wanted(self.release, paths), subject, zone

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


class _Look:
    """One condition on its way through the population."""

    def __init__(self, population: Population, compiled: Compiled, page: Page | None) -> None:
        self.population = population
        self.compiled = compiled
        milestones = population.release.definitions.journey.milestones
        of_accounts = {each.key for each in milestones if each.scope == "account"}
        self.shared = frozenset(path for path in compiled.paths if _is_shared(path, of_accounts))
        self.of_account = self.shared - {"user.role"}
        of_page = {path for path in compiled.paths if _is_of_page(path)}
        self.page: facts.Values = {} if page is None else {"page": dict(page)}
        self.is_open = page is None and bool(of_page)  # the page may be any
        self.of_person = compiled.paths - self.shared - of_page
        self.known = compiled.paths - (of_page if self.is_open else set())
        self.known_alike = (
            self.known - self.of_person
        )  # the same for everybody with the same account and role
        families = {path.partition(".")[0] for path in self.of_person}
        self.families = families | {"user"}
        self.is_quick = families <= crowd_parts.FAMILIES
        self.accounts: dict[str, facts.Values] = {}
        self.answers: dict[tuple[str, str | None], str] = {}

    def matching(self, chunk: Sequence[Member]) -> list[Member]:
        """Those of the chunk who satisfy the condition."""
        if self.of_account:
            self._read_accounts(chunk)
        found, still_open = [], []
        for member in chunk:
            answer = self._answer(member)
            if answer == "true" or (answer == "unknown" and not self.of_person):
                found.append(member)
            elif answer == "unknown":
                still_open.append(member)
        still_open.sort(key=_by_key)  # neighbours lie on the same page
        found += [each for each, values in self._persons(still_open) if self._may_hold(values)]
        return found

    def _may_hold(self, values: facts.Values) -> bool:
        """Whether it holds; on some page, where none is named."""
        if self.is_open:
            return truth(self.compiled.node, values, self.known.__contains__) != "false"
        return self.compiled.test({**values, **self.page} if self.page else values)

    def _read_accounts(self, chunk: Sequence[Member]) -> None:
        missing = {each.account_id for each in chunk if each.account_id not in self.accounts}
        if missing:
            paths = self.of_account | {"account.motion", "account.segment"}
            self.accounts.update(self.population.account_facts(sorted(missing), paths))

    def _answer(self, member: Member) -> str:
        slot = (member.account_id if self.of_account else "", member.role)
        known = self.answers.get(slot)
        if known is None:
            role = {} if member.role is None else {"role": member.role}
            values = {**self.accounts.get(member.account_id, {}), "user": role, **self.page}
            known = self.answers[slot] = truth(self.compiled.node, values, self.known_alike.__contains__)
        return known

    def _persons(self, members: Sequence[Member]) -> Iterator[tuple[Member, facts.Values]]:
        """Each with everything the condition reads."""
        if not members:
            return
        persons = (self.population.personal if self.is_quick else self._in_full)(members, self.of_person)
        for member, values in persons:
            yield member, self._over(self.accounts.get(member.account_id), values)

    def _in_full(
        self, members: Sequence[Member], paths: frozenset[str]
    ) -> Iterator[tuple[Member, facts.Values]]:
        pairs = [(each.account_id, each.user_id) for each in members]
        built = self.population.built(pairs, paths)
        for member, (_, values) in zip(members, built, strict=True):
            yield member, values

    def _over(self, of_account: facts.Values | None, of_person: facts.Values) -> facts.Values:
        if of_account is None:
            return of_person
        values = {**of_account, **{name: of_person[name] for name in self.families if name in of_person}}
        if "milestone" in self.families and "milestone" in of_account:
            values["milestone"] = {**of_account["milestone"], **of_person["milestone"]}
        return values


def _is_of_page(path: str) -> bool:
    return path.partition(".")[0] in BROWSER_ONLY


def _by_key(member: Member) -> tuple[str, str]:
    return member.account_id, member.user_id


def _is_shared(path: str, milestones_of_accounts: set[str]) -> bool:
    """Whether everybody with the same account and role reads the same value."""
    family, _, rest = path.partition(".")
    if family == "milestone":
        return rest.partition(".")[0] in milestones_of_accounts
    return path == "user.role" or family in ("account", "account_usage", "role_usage", "peers", "signal")
