"""What a person allowed and refused: per channel and topic, the last word counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

EVENT = "$consent"
CHANNELS = ("in_app", "email", "chat", "all")
EVERYTHING = ""  # the topic of an answer that names none
TOPIC_LIMIT = 128
BELIEVED = frozenset({"server", "verified"})  # senders whose "yes" counts; anybody's "no" does


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no to a channel ("all" = every one) and a topic ('' = everything)."""

    channel: str
    topic: str
    allowed: bool
    at: datetime


def read(properties: Any, at: datetime, trust: str) -> Answer | None:
    """The answer in the properties of a `$consent` event; None if it is none, or a "yes" nobody vouches for."""
    if not isinstance(properties, dict):
        return None
    channel, topic, allowed = (properties.get(name) for name in ("channel", "topic", "allowed"))
    if channel not in CHANNELS or not isinstance(allowed, bool):
        return None
    topic = EVERYTHING if topic is None else topic
    if not isinstance(topic, str) or len(topic) > TOPIC_LIMIT:
        return None
    if allowed and trust not in BELIEVED:
        return None
    return Answer(channel, topic, allowed, at)


def denied(answers: Iterable[Answer], channel: str) -> frozenset[str]:
    """The topics refused on a channel. Per topic the newest answer counts, be it for this channel or for all;
    of two at the same time, the "no"."""
    newest: dict[str, Answer] = {}
    for each in answers:
        if each.channel in (channel, "all"):
            known = newest.get(each.topic)
            if known is None or (each.at, not each.allowed) > (known.at, not known.allowed):
                newest[each.topic] = each
    return frozenset(topic for topic, answer in newest.items() if not answer.allowed)
