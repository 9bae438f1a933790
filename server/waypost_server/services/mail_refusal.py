"""Why somebody gets no e-mail, in the same words when a step chooses people and in the moment before sending."""

from __future__ import annotations

from collections.abc import Iterable

from waypost_server.domain.consent import EVERYTHING, Answer, denied
from waypost_server.domain.policy import Policy

UNREACHABLE = "the address is unsubscribed or unreachable"


def refusal(said: Iterable[Answer], policy: Policy, play: str, template: str) -> str:
    """Their own word against this mail: against all e-mail, the play, the template or a topic; '' = none."""
    no = denied(said, "email") & ({EVERYTHING, play, template} | policy.topics_of(play))
    return f"the person said no to e-mail ({min(no) or 'all of it'})" if no else ""
