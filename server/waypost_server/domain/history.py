"""What already happened between a person and the nudges of a release: what the gates count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from .budget import Spent, TouchSeen

CLAIM_LASTS = timedelta(minutes=10)  # a claim without a `shown` gives its slot back after this
SHOWN_LASTS = timedelta(hours=1)  # a shown nudge nobody closed stops blocking other tabs after this
PERSON_GRANT = "person:"  # run_id of a grant made by a person starts with this


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A claim that is still on a screen, or on its way there."""

    id: str
    claim_id: str
    state: str  # claimed | shown
    since: datetime

    def blocks_until(self) -> datetime:
        """When it stops blocking other tabs."""
        return self.since + (CLAIM_LASTS if self.state == "claimed" else SHOWN_LASTS)


@dataclass(frozen=True, slots=True)
class NudgeHistory:
    """One person and one nudge. Lapsed claims and nudges that were never painted do not count.

    `within` counts offers per window of days; `goal_base` is the goal feature's total at the first offer.
    """

    count: int = 0
    within: Mapping[float, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    dismissed: int = 0
    snoozed_until: datetime | None = None
    never_again: bool = False
    goal_base: int = 0
    open: tuple[OpenOffer, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A play, or a person, handed a nudge to the account's users. `roles` None = everybody."""

    run_id: str
    roles: tuple[str, ...] | None
    until: datetime

    @property
    def by_person(self) -> bool:
        """Whether a person decided it, and not a play."""
        return self.run_id.startswith(PERSON_GRANT)


NOTHING = NudgeHistory()


@dataclass(frozen=True, slots=True)
class History:
    """Everything the gates look at besides the facts.

    `feature_days` serves goals in active weeks. `reached` tells when a person first got to a state (seen,
    clicked, completed) with a nudge that others wait for. `denied` are the topics the person said no to, in
    the product ('' = everything).
    """

    nudges: Mapping[str, NudgeHistory] = field(default_factory=dict)
    person_touches: tuple[TouchSeen, ...] = ()
    account_touches: tuple[TouchSeen, ...] = ()
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    muted: bool = False
    feature_days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    reached: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()

    def of(self, nudge: str) -> NudgeHistory:
        """This person's history with a nudge; an empty one if there is none."""
        return self.nudges.get(nudge, NOTHING)


@dataclass(frozen=True, slots=True)
class Situation:
    """One question: this person in this account, now. `today` is the day in `zone`, the workspace's.

    `session_started_at` is when the person's session began, if the browser said so. `claim_id` is set when a
    browser claims: its own open offer does not block it. `spent` remembers what the budget said, which is the
    same for every nudge of a policy and a kind, and `clocks` what time it is in a zone.
    """

    now: datetime
    today: date
    user_id: str
    account_id: str
    facts: dict[str, Any]
    history: History
    claim_id: str | None = None
    zone: tzinfo = UTC
    session_started_at: datetime | None = None
    spent: dict[tuple[int, str], Spent | None] = field(default_factory=dict, compare=False, repr=False)
    clocks: dict[str, datetime] = field(default_factory=dict, compare=False, repr=False)
