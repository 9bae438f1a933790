"""Whom a condition would reach: counted exactly, or from a random sample when the time is up.

Most people are decided without reading anything about them: facts of the account and the role settle most
conditions, once per account and role. Only who is still open after that is read, with the very statement and
values a decision uses.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain import facts as catalogue
from waypost_server.domain.conditions import Compiled, compile_condition
from waypost_server.domain.definitions import Condition
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.domain.partial import truth
from waypost_server.domain.sample import wilson
from waypost_server.services import facts
from waypost_server.services.classify import classify, paths_read
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import crowds, motion_overrides
from waypost_server.store.crowds import Member

CHUNK = 2_000  # people read at once: bounds memory and the time between looks at the clock
SAMPLE = 200_000  # memberships looked at; of more, that many at random
SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many people and accounts. Not exact: `low` to `high` holds the true count 95 times in 100."""

    users: int
    accounts: int
    of_users: int
    exact: bool = True
    low: int = 0
    high: int = 0
    looked_at: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "users": self.users, "accounts": self.accounts, "ofUsers": self.of_users, "exact": self.exact,
            "low": self.low, "high": self.high, "lookedAt": self.looked_at,
        }  # fmt: skip


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
            if len(kept) < SAMPLE:
                kept.append(member)
            elif (place := dice.randrange(count)) < SAMPLE:
                kept[place] = member
        dice.shuffle(kept)
        users = crowds.people(session, workspace_id)
        return cls(
            session,
            runtime,
            workspace_id,
            release,
            members=kept,
            users=users,
            is_whole=count <= SAMPLE,
            **more,
        )

    def reached(
        self,
        condition: Condition,
        *,
        seconds: float | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> tuple[list[Member], int]:
        """(who satisfies the condition, how many were looked at); stops after `seconds` if given."""
        compiled = compile_condition(condition)
        look = _Look(self, compiled)
        found: list[Member] = []
        seen, began = 0, stopwatch()
        for start in range(0, len(self.members), CHUNK):
            chunk = self.members[start : start + CHUNK]
            found += look.matching(chunk)
            seen += len(chunk)
            if seconds is not None and stopwatch() - began > seconds:
                break
        return found, seen

    def account_facts(self, account_ids: Sequence[str], paths: frozenset[str]) -> dict[str, facts.Values]:
        """Account id → the facts at `paths`, with segment and motion as this release gives them."""
        if self.reclassify:
            paths |= paths_read(self.release.definitions)
        wanted = facts.wanted(self.release, paths)
        found = self._built([(each, "") for each in account_ids], wanted, paths)
        return {account_id: self._classified(values) for (account_id, _), values in found.items()}

    def member_facts(
        self, pairs: Sequence[Member], paths: frozenset[str]
    ) -> dict[tuple[str, str], facts.Values]:
        """(account, user) → the facts at `paths`."""
        wanted = facts.wanted(self.release, paths)
        found: dict[tuple[str, str], facts.Values] = self._built(
            [(each.account_id, each.user_id) for each in pairs], wanted, paths
        )
        return found

    def _built(self, pairs: list[tuple[str, str]], wanted: Any, paths: frozenset[str]) -> Any:
        zone = self.runtime.releases.standing(self.session, self.workspace_id).zone
        blank = facts.subject_of(self.runtime, self.workspace_id, "", "", zone)
        is_sqlite = self.runtime.db.is_sqlite
        found = {}
        for start in range(0, len(pairs), CHUNK):
            chunk = pairs[start : start + CHUNK]
            for account_id, user_id, parts in crowds.parts(self.session, is_sqlite, wanted, blank, chunk):
                subject = replace(blank, user_id=user_id, account_id=account_id)
                built = facts.build(parts, subject, self.release, zone, paths=paths)
                found[(account_id, user_id)] = built.values
        return found

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

    def __init__(self, population: Population, compiled: Compiled) -> None:
        self.population = population
        self.compiled = compiled
        of_accounts = {
            milestone.key
            for milestone in population.release.definitions.journey.milestones
            if milestone.scope == "account"
        }
        self.shared = frozenset(path for path in compiled.paths if _is_shared(path, of_accounts))
        self.accounts: dict[str, facts.Values] = {}
        self.answers: dict[tuple[str, str | None], str] = {}

    def matching(self, chunk: Sequence[Member]) -> list[Member]:
        """Those of the chunk who satisfy the condition."""
        missing = list(
            dict.fromkeys(each.account_id for each in chunk if each.account_id not in self.accounts)
        )
        if missing:
            paths = self.shared | {"account.motion", "account.segment"}
            self.accounts.update(self.population.account_facts(missing, paths))
        found, open_ = [], []
        for member in chunk:
            answer = self._answer(member)
            if answer == "true":
                found.append(member)
            elif answer == "unknown":
                open_.append(member)
        if open_:
            values = self.population.member_facts(open_, self.compiled.paths)
            found += [each for each in open_ if self._holds(each, values[(each.account_id, each.user_id)])]
        return found

    def _answer(self, member: Member) -> str:
        slot = (member.account_id, member.role)
        known = self.answers.get(slot)
        if known is None:
            values = {**self.accounts[member.account_id], "user": _role(member)}
            is_known = self.shared.__contains__
            known = self.answers[slot] = truth(self.compiled.node, values, is_known)
        return known

    def _holds(self, member: Member, values: facts.Values) -> bool:
        account = self.accounts[member.account_id]["account"]
        as_given = {name: account.get(name) for name in ("segment", "motion")}
        return self.compiled.test({**values, "account": {**values["account"], **as_given}})


def _role(member: Member) -> Mapping[str, str]:
    return {} if member.role is None else {"role": member.role}


def _is_shared(path: str, milestones_of_accounts: set[str]) -> bool:
    """Whether everybody with the same account and role reads the same value."""
    family, _, rest = path.partition(".")
    if family == "milestone":
        return rest.partition(".")[0] in milestones_of_accounts
    return path == "user.role" or family in ("account", "account_usage", "signal")


def condition_of(release: LiveRelease, condition: Condition | None, nudge: str | None) -> Condition:
    """The condition meant: the one given, or the audience of a nudge. Its facts must exist.

    Raises BadInputError, NotFoundError, ConditionError.
    """
    if (condition is None) == (nudge is None):
        raise BadInputError("Give a condition, or the key of a nudge.", code="condition_missing")
    if nudge is not None:
        if nudge not in release.compiled.by_key:
            raise NotFoundError(f"There is no published nudge {nudge}.")
        return release.compiled.by_key[nudge].nudge.audience
    found: Condition = condition or {}
    for path in sorted(compile_condition(found).paths):
        unknown = catalogue.check(path, release.definitions)
        if unknown is not None:
            raise BadInputError(f"{unknown.message}: {unknown.remedy}.", code=unknown.code)
    return found


def estimate(
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    condition: Condition,
    *,
    seconds: float = SECONDS,
    stopwatch: Callable[[], float] = time.monotonic,
) -> Estimate:
    """How many would satisfy `condition` now. Raises ConditionError."""
    with runtime.db.read() as session:
        population = Population.of(session, runtime, workspace_id, release)
        found, seen = population.reached(condition, seconds=seconds, stopwatch=stopwatch)
    exact = population.is_whole and seen == len(population.members)
    users, accounts = len({each.user_id for each in found}), len({each.account_id for each in found})
    if exact:
        return Estimate(users, accounts, population.users, True, users, users, seen)
    low, high = wilson(len(found), seen)
    of, share = population.users, len(found) / seen
    # accounts are those met in the sample: their number does not scale with it
    return Estimate(round(share * of), accounts, of, False, math.floor(low * of), math.ceil(high * of), seen)
