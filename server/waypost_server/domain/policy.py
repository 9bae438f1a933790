"""How much attention may be asked for, and when: the lines of policy.yaml.

The defaults are the fair play that Waypost promises to the people who see the nudges. Whoever wants no limit
says so with an explicit null; a missing line is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .theme import Theme

DAY, WEEK = 86_400, 7 * 86_400


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max` touches per `per_seconds` for a person or an account; None = every kind or channel."""

    max: int
    per_seconds: int
    scope: Literal["person", "account"] = "person"
    kinds: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which nothing is sent, `start` to `end` ("20:00" to "08:00"), in the person's zone.

    With `in_app` they also hold interrupting nudges; without it, who is using the product is awake.
    """

    start: str = "20:00"
    end: str = "08:00"
    in_app: bool = False


@dataclass(frozen=True, slots=True)
class PlayEmails:
    """At most `max` e-mails of one play per `per_seconds` to one person."""

    max: int = 1
    per_seconds: int = WEEK


@dataclass(frozen=True, slots=True)
class SessionRule:
    """At most `max` interruptions (surveys included) in one session, and none at all in its first
    `settle_seconds`. A session ends after 30 minutes in which the person did nothing."""

    max: int | None = 1
    settle_seconds: int = 60


@dataclass(frozen=True, slots=True)
class UrgentRule:
    """A task is urgent when every line that is given holds: at least this severity and yearly value, and a
    renewal at most so many days away."""

    severity: float | None = None
    value: float | None = None
    renewal_days: int | None = None


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How the work of CSMs is shared out. `capacity`: tasks a week for one person, None = no limit.

    `lead` is the e-mail of the person to whom overdue tasks go; `webhook` the webhook that is told each change;
    `chat` a room of ours that hears of new and overdue ones.
    """

    capacity: int | None = 12
    lead: str = ""
    urgent: tuple[UrgentRule, ...] = (UrgentRule(severity=0.9), UrgentRule(severity=0.5, renewal_days=60))
    webhook: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class ChatRoom:
    """Where chat messages go; its secret address is kept in the database, never in a file.

    `room` is a channel's id, for a bot's token. With `room_trait` each account names the room it shares with us:
    then messages go to a customer, and everything that protects customers holds.
    """

    service: Literal["slack", "teams"]
    room: str = ""
    room_trait: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether only our own people read it."""
        return not self.room_trait


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of e-mail that people choose or refuse: its title by language, and the plays that send it."""

    titles: Mapping[str, str]
    plays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailRate:
    """At most `max` mails in each window of `per_seconds` to one mail domain."""

    max: int
    per_seconds: int


FAIR_CAPS = (Cap(3, WEEK), Cap(1, 30 * DAY, kinds=("survey",)))


@dataclass(frozen=True, slots=True)
class Policy:
    """The attention budget and quiet hours. None (and a gap or share of 0) is an explicit "no limit"."""

    caps: tuple[Cap, ...] = FAIR_CAPS
    quiet_hours: QuietHours | None = field(default_factory=QuietHours)
    min_gap_seconds: int = DAY
    session: SessionRule | None = field(default_factory=SessionRule)
    play_emails: PlayEmails | None = field(default_factory=PlayEmails)
    dismissals_before_stop: int | None = 2
    holdout_percent: float = 0  # accounts that get nothing digital at all, to measure the whole
    approval_above: int | None = 500  # people a day that a play writes to without a second pair of eyes
    daily_ceiling: int | None = 10_000  # e-mails a day of all plays together
    timezone: str = "UTC"
    webhooks: Mapping[str, str] = field(default_factory=dict)
    theme: Theme | None = None  # how nudges look; None = as they come
    tasks: TaskPolicy = field(default_factory=TaskPolicy)
    chat: Mapping[str, ChatRoom] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    mail_rates: Mapping[str, MailRate] = field(default_factory=dict)  # by domain; "*" = every other one

    channels: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # by phase; "default" = every other one

    def mail_rate(self, domain: str) -> MailRate | None:
        """What holds for a mail domain; None = no limit."""
        return self.mail_rates.get(domain) or self.mail_rates.get("*")

    def topics_of(self, play: str) -> frozenset[str]:
        """The topics that a play's e-mails belong to."""
        return frozenset(key for key, topic in self.topics.items() if play in topic.plays)

    def is_ours(self, room: str) -> bool:
        """Whether only our own people read a chat room. When unsure (no such room), no."""
        found = self.chat.get(room)
        return found is not None and found.is_ours

    @classmethod
    def without_limits(cls) -> Policy:
        """Everything an explicit null can switch off, switched off."""
        return cls((), None, 0, None, None, None, approval_above=None, daily_ceiling=None)
