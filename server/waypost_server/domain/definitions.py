"""What CS ops define, as frozen values: the shape every layer shares.

A `Definitions` is one complete set, as a release freezes it. Conditions stay documents here
(`Condition = Mapping`); `domain.conditions` compiles them. Every definition knows its `source`
("in-app/halfway.yaml:3") so that any message can name the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .adoption import Adoption, AdoptionDefinition, Behaviour
from .coverage import Coverage
from .flow_steps import BranchStep, EndStep, SetTraitStep, WaitStep
from .nudge import (
    KIND_OF_SURFACE,
    Action,
    Case,
    Content,
    Frequency,
    Goal,
    Hours,
    Kind,
    Limit,
    Nudge,
    Prerequisite,
    Priority,
    Schedule,
    Surface,
    Variant,
)
from .policy import Cap, PlayEmails, Policy, QuietHours, SessionRule
from .surfaces import Condition, Where
from .workshop import Host, Workshop, WorkshopWords

Scope = Literal["user", "account"]


# --- catalog.yaml ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Feature:
    """A named capability; raw `events` (track names) and `pages` (page names) count as its usage."""

    key: str
    title: str
    events: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    core: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role a user holds in an account, as the product reports it."""

    key: str
    title: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named group of accounts; the first whose condition holds is the account's segment."""

    key: str
    title: str
    when: Condition
    source: str = ""


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """A group that any condition may name: a list of values for `$inGroup`, or a condition for `$savedGroup`."""

    key: str
    title: str
    values: tuple[str | int | float, ...] | None = None
    when: Condition | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class MotionRule:
    """How an account is served; the first whose condition holds wins, else `Catalog.default_motion`."""

    key: str
    when: Condition
    source: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The product: features, roles, segments and the rule that makes an account strategic."""

    product: str
    features: tuple[Feature, ...] = ()
    roles: tuple[Role, ...] = ()
    segments: tuple[Segment, ...] = ()
    motions: tuple[MotionRule, ...] = ()
    default_motion: str = "long_tail"
    default_locale: str = "en"  # the language of people whose own is not written
    groups: tuple[SavedGroup, ...] = ()

    def feature_of_event(self) -> dict[str, str]:
        """Track event name → feature key."""
        return {name: feature.key for feature in self.features for name in feature.events}

    def feature_of_page(self) -> dict[str, str]:
        """Page name → feature key."""
        return {name: feature.key for feature in self.features for name in feature.pages}


# --- journey.yaml ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Step:
    """One step of a milestone: done when `feature` was used at least `count` times, ever."""

    key: str
    title: str
    feature: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Milestone:
    """A named outcome; reached when every step is done. Due `due_days` after the subject was first seen."""

    key: str
    title: str
    scope: Scope
    steps: tuple[Step, ...]
    phase: str | None = None
    due_days: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage of the journey, from `start_day` to `end_day` after the account was first seen (None = open)."""

    key: str
    title: str
    start_day: int = 0
    end_day: int | None = None


@dataclass(frozen=True, slots=True)
class LearningPath:
    """Nudges for people of these roles (empty = everybody), one open at a time in this order; a nudge whose
    goal is reached is passed over."""

    key: str
    title: str
    nudges: tuple[str, ...]
    roles: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """Phases, milestones and learning paths."""

    phases: tuple[Phase, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    paths: tuple[LearningPath, ...] = ()


# --- plays/*.yaml ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a play: one of a signal, a condition that becomes true, a person."""

    signal: str = ""  # a kind of signal, whose fields satisfy `where` (e.g. severity)
    where: Condition = field(default_factory=dict)
    milestone: str | None = None  # for milestone_reached and milestone_overdue: which one
    condition: Condition | None = None
    person: bool = False  # nothing else starts it; a person may start any play


ENROL_DAYS = 30  # a play that says nothing starts once in so many days


@dataclass(frozen=True, slots=True)
class Enrol:
    """How often a play may start for the same subject: `max` times in `per_days`, or ever (None)."""

    max: int = 1
    per_days: float | None = ENROL_DAYS


@dataclass(frozen=True, slots=True)
class Recipients:
    """Users of the account by role (None = any), most recently active first, at most `limit`."""

    role: tuple[str, ...] | None = None
    limit: int = 1


@dataclass(frozen=True, slots=True)
class EmailStep:
    """Send a template to people of the account."""

    template: str
    to: Recipients = field(default_factory=Recipients)
    kind: Literal["email"] = "email"


@dataclass(frozen=True, slots=True)
class NudgeStep:
    """Hand a nudge to the account's users (role filter) for `days`."""

    nudge: str
    role: tuple[str, ...] | None = None
    days: float = 14
    kind: Literal["nudge"] = "nudge"


@dataclass(frozen=True, slots=True)
class WebhookStep:
    """Post the run to a webhook named in policy.yaml."""

    webhook: str
    kind: Literal["webhook"] = "webhook"


@dataclass(frozen=True, slots=True)
class ChatStep:
    """Post a template to a chat room named in policy.yaml."""

    room: str
    template: str
    kind: Literal["chat"] = "chat"


@dataclass(frozen=True, slots=True)
class TaskStep:
    """Put a task with evidence and a draft message into a CSM's queue.

    `next_step` is what the author suggests to do; "" = the account's next best step.
    """

    template: str
    due_business_days: int = 2
    mute_digital: bool = False
    next_step: str = ""
    kind: Literal["task"] = "task"


@dataclass(frozen=True, slots=True)
class WorkshopStep:
    """Invite people to the first slot of a workshop with a free place that begins within `within_days`."""

    workshop: str
    template: str
    to: Recipients = field(default_factory=Recipients)
    within_days: float = 30
    kind: Literal["workshop"] = "workshop"


@dataclass(frozen=True, slots=True)
class MessageStep:
    """Reach one person through the best of several channels, falling back when one does not reach them.

    "" = not offered. `channel` is the order; None = the person's own word, then the order of the phase.
    `seen_within_days` is how long a nudge has to be seen before the next channel is taken.
    """

    email: str = ""  # template
    nudge: str = ""
    room: str = ""
    chat_template: str = ""
    to: Recipients = field(default_factory=Recipients)
    channel: tuple[str, ...] | None = None
    seen_within_days: float = 3
    kind: Literal["message"] = "message"

    @property
    def offered(self) -> tuple[str, ...]:
        """The channels that have words."""
        given = (("in_app", self.nudge), ("email", self.email), ("chat", self.room))
        return tuple(channel for channel, words in given if words)


PlayStep = (
    EmailStep
    | NudgeStep
    | WaitStep
    | WebhookStep
    | ChatStep
    | TaskStep
    | WorkshopStep
    | MessageStep
    | BranchStep
    | SetTraitStep
    | EndStep
)


@dataclass(frozen=True, slots=True)
class Play:
    """What to do for a subject, with a branch of steps per motion.

    The subject is an account or a user; for a play on a signal it is whatever the signal is about.
    """

    key: str
    title: str
    on: Trigger
    branches: Mapping[str, tuple[PlayStep, ...]]
    subject: Scope = "account"
    audience: Condition = field(default_factory=dict)
    goal: Goal | None = None
    exit: Condition | None = None  # while it holds, no step acts: the run ends
    enrol: Enrol = field(default_factory=Enrol)
    is_paused: bool = False  # starts for nobody, by its own file or an environment; runs under way go on
    source: str = ""


# --- templates/*.md -------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Template:
    """Words for an e-mail or a task: a subject (or title) and a Markdown body with allow-listed Jinja."""

    key: str
    subject: str
    body: str
    kind: Kind = "passive"  # how an e-mail of it spends attention; "transactional" is outside the budget
    source: str = ""


# --- the whole ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Definitions:
    """One complete, checked set."""

    catalog: Catalog
    journey: Journey = field(default_factory=Journey)
    policy: Policy = field(default_factory=Policy)
    nudges: tuple[Nudge, ...] = ()
    plays: tuple[Play, ...] = ()
    templates: Mapping[str, Template] = field(default_factory=dict)
    workshops: tuple[Workshop, ...] = ()
    adoption: Adoption = field(default_factory=Adoption)
    coverage: Coverage | None = None  # None = the set claims nothing


__all__ = [
    "ENROL_DAYS",
    "KIND_OF_SURFACE", "Action", "Adoption", "AdoptionDefinition", "Behaviour", "BranchStep", "Cap", "Case",
    "Catalog", "ChatStep", "Condition", "Content", "Definitions", "EmailStep", "EndStep", "Enrol", "Feature",
    "Frequency",
    "Goal", "Host", "Hours", "Journey", "Kind", "LearningPath", "Limit", "MessageStep", "Milestone", "MotionRule",
    "Nudge",
    "NudgeStep", "Phase", "Play", "PlayEmails", "PlayStep", "Policy", "Prerequisite", "Priority",
    "QuietHours", "Recipients", "Role", "Schedule", "Scope", "Segment", "SessionRule", "SetTraitStep", "Step",
    "Surface", "TaskStep", "Template", "Trigger", "Variant", "WaitStep", "WebhookStep", "Where",
    "Workshop", "WorkshopStep", "WorkshopWords",
]  # fmt: skip
