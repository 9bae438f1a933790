"""Reactions to nudges inside ordinary events: track calls named `$nudge`."""

from __future__ import annotations

from waypost_server.domain.events import Event
from waypost_server.domain.interactions import REACTIONS, Reaction

EVENT = "$nudge"
SNOOZES = (1, 7)  # days a nudge may be snoozed


def reaction_of(event: Event, account_id: str, trust: str) -> Reaction | None:
    """The reaction that an event reports, or None. A malformed one stays in the log only."""
    if event.name != EVENT or event.type != "track" or not event.user_id:
        return None
    said = event.properties
    nudge, reaction, offer = said.get("nudge"), said.get("reaction"), said.get("offer")
    if not (isinstance(nudge, str) and isinstance(reaction, str) and reaction in REACTIONS):
        return None
    days, action, step = said.get("snooze_days"), said.get("action"), said.get("step")
    answers = said.get("answers")
    return Reaction(
        message_id=event.message_id,
        account_id=account_id,
        user_id=event.user_id,
        nudge=nudge,
        offer_id=offer if isinstance(offer, str) else "",
        reaction=reaction,
        at=event.ts,
        snooze_days=days if type(days) is int and days in SNOOZES else None,
        action=action if isinstance(action, str) else None,
        step=step if isinstance(step, str) else None,
        answers=answers if reaction == "answered" and isinstance(answers, dict) else None,
        trust=trust,
    )
