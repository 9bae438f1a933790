"""Reactions to a nudge, and how they fold into the state of its offer, in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

REACTIONS = frozenset(
    {
        "shown",
        "stepped",
        "clicked",
        "completed",
        "answered",
        "dismissed",
        "snoozed",
        "never_again",
        "anchor_missing",
    }
)
CLOSING = REACTIONS - {"shown", "stepped"}  # a step done leaves a tour open
SEEN = REACTIONS - {"anchor_missing"}  # whoever clicks or closes it has seen it, even if `shown` was lost


@dataclass(frozen=True, slots=True)
class Reaction:
    """One `$nudge` event. `trust` is how far the user id may be believed: server | verified | asserted.

    `step` names the step of a tour that was finished; `answers` are those to a survey, as they were sent.
    """

    message_id: str
    account_id: str
    user_id: str
    nudge: str
    offer_id: str
    reaction: str
    at: datetime
    snooze_days: int | None = None
    action: str | None = None
    step: str | None = None
    answers: Mapping[str, Any] | None = field(default=None, hash=False)
    trust: str = "verified"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reactions to one offer add up to. `spent` = it counts against the person's attention."""

    state: str  # claimed | shown | closed
    shown_at: datetime | None
    closed_at: datetime | None
    reaction: str | None
    snoozed_until: datetime | None
    spent: bool


def outcome(reactions: Iterable[Reaction]) -> Outcome:
    """The state of an offer after these reactions; the same for every order and for duplicates.

    It was shown at the earliest sign that somebody saw it, and closed by the first reaction that closes.
    `never_again` overrides what closed it, because it is a promise. A nudge whose anchor was missing was
    not painted, so it spends nothing.
    """
    ordered = sorted(set(reactions), key=lambda each: (each.at, each.message_id))
    seen = [each.at for each in ordered if each.reaction in SEEN]
    closing = [each for each in ordered if each.reaction in CLOSING]
    never = [each for each in closing if each.reaction == "never_again"]
    snoozes = [
        each.at + timedelta(days=each.snooze_days or 1) for each in ordered if each.reaction == "snoozed"
    ]
    decisive = next(iter(never or closing), None)
    return Outcome(
        state="closed" if closing else "shown" if seen else "claimed",
        shown_at=min(seen, default=None),
        closed_at=closing[0].at if closing else None,
        reaction=decisive.reaction if decisive else None,
        snoozed_until=max(snoozes, default=None),
        spent=bool(seen) or not closing,
    )
