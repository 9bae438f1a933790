"""How many people a condition would reach: counted exactly, or from a random sample when there are too many."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waypost_server.domain import facts as catalogue
from waypost_server.domain.conditions import BROWSER_ONLY, compile_condition
from waypost_server.domain.definitions import Condition
from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.domain.page import Page
from waypost_server.domain.sample import wilson
from waypost_server.services.population import Population
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime

SECONDS = 2.5  # an exact count may take as long
AT_ONCE = 0.0  # no exact count: a sample of a few thousand, or everybody if there are no more


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many people and accounts. Not exact: `low` to `high` holds the true count 95 times in 100.

    `unknown` are the facts of the page that the condition asks for where no page was named: counted are those for
    whom it holds on some page.
    """

    users: int
    accounts: int
    of_users: int
    exact: bool = True
    low: int = 0
    high: int = 0
    looked_at: int = 0
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "users": self.users, "accounts": self.accounts, "ofUsers": self.of_users, "exact": self.exact,
            "low": self.low, "high": self.high, "lookedAt": self.looked_at,
            "unknown": list(self.unknown),
        }  # fmt: skip


def condition_of(release: LiveRelease, condition: Condition | None, nudge: str | None) -> Condition:
    """The condition meant: the one given, or the audience of a nudge. Its facts must exist.

    Raises BadInputError, NotFoundError, ConditionError.
    """
    if (condition is None) == (nudge is None):
        raise BadInputError("Give a condition, or the key of a nudge.", code="condition_missing")
    if nudge is not None:
        if nudge not in release.compiled.by_key:
            raise NotFoundError(
                f"There is no published nudge {nudge}. Before it is published, ask by its condition, or make a plan."
            )
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
    page: Page | None = None,
    seconds: float = SECONDS,
    stopwatch: Callable[[], float] = time.monotonic,
) -> Estimate:
    """How many would satisfy `condition` now, on `page` or else on some page: exactly if that takes up to
    `seconds`, else from a sample. Raises ConditionError."""
    unknown = unknown_facts(condition, page)
    with runtime.db.read() as session:
        population = Population(session, runtime, workspace_id, release)
        found, seen = None, population.memberships
        if seconds > 0:
            found = population.everybody(condition, page=page, seconds=seconds, stopwatch=stopwatch)
        exact = found is not None
        if found is None:
            people = population.sample()
            found, seen = population.among(condition, people, page=page), len(people)
            exact = seen == population.memberships
        of = population.users
    users, accounts = len({each.user_id for each in found}), len({each.account_id for each in found})
    if exact:
        return Estimate(users, accounts, of, True, users, users, seen, unknown)
    low, high = wilson(len(found), seen)
    share = len(found) / seen
    # accounts are those met in the sample: their number does not scale with it
    return Estimate(
        round(share * of), accounts, of, False, math.floor(low * of), math.ceil(high * of), seen, unknown
    )


def unknown_facts(condition: Condition, page: Page | None) -> tuple[str, ...]:
    """The facts that only a browser knows and `condition` asks for, where no page is named."""
    if page is not None:
        return ()
    paths = compile_condition(condition).paths
    return tuple(sorted(path for path in paths if path.partition(".")[0] in BROWSER_ONLY))
