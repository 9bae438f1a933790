"""What to read for a decision, and about whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class AccountCap:
    """A cap of the account, as far as reading its touches goes: the newest `max` that match."""

    max: int
    per_seconds: int
    kinds: tuple[str, ...] | None
    channels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read. Hashable, so that the statement's text is built once per release."""

    usage: tuple[str, ...] = ()
    usage_windows: tuple[str, ...] = ()  # features, each with all of `usage_fields`
    usage_fields: tuple[str, ...] = ()  # "days_28d"
    account_usage: tuple[str, ...] = ()
    account_windows: tuple[str, ...] = ()
    account_fields: tuple[str, ...] = ()
    role_windows: tuple[str, ...] = ()
    role_fields: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    role_users: bool = False
    milestones: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    nudges: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()  # nudges whose words the person saw
    surveys: tuple[str, ...] = ()  # surveys, each with all of `survey_questions`
    survey_questions: tuple[str, ...] = ()
    account_users: bool = False
    adoption: bool = False  # the account's latest score
    peers: bool = False  # what companies like it do
    owner: bool = True  # the name of the person who owns the account
    history: bool = True  # offers and touches
    grants: bool = True  # grants and muting tasks, for nudges that plays hand out
    counted_goals: bool = True  # the first offer of each nudge, for goals counted from it
    windows: tuple[float, ...] = ()
    person_seconds: int = 0
    account_caps: tuple[AccountCap, ...] = ()
    week_features: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()  # nudges that others wait for


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom to read, and when. `account_id` None = the account the person was last seen in."""

    workspace_id: str
    user_id: str
    account_id: str | None
    now: datetime
    today: date
    claim_lasts: timedelta

    def of(self, user_id: str, account_id: str) -> Subject:
        """The same question about somebody else."""
        return Subject(self.workspace_id, user_id, account_id, self.now, self.today, self.claim_lasts)
