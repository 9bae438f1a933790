"""A play sets a trait, as an event of the product would: through the log and the same fold.

So facts, the past and the next release read it like any other trait, and a later event of the product wins.
"""

from __future__ import annotations

from typing import Any

from waypost_server.domain.flow_steps import SetTraitStep
from waypost_server.domain.local_day import day_of
from waypost_server.services import own_events
from waypost_server.services.classify_account import classify_row
from waypost_server.services.play_run_context import RunContext
from waypost_server.store import past_values


def set_trait(context: RunContext, step: SetTraitStep, *, index: int) -> str:
    """Write the trait, once per step of a run. The account's row is locked; its motion is right afterwards."""
    said = [_event(context, step, index)]
    own_events.tell(context.session, context.runtime, context.workspace_id, context.account.id, said)
    context.session.refresh(context.account)
    _reclassify(context)
    whose = "the account" if step.of == "account" else "the user"
    if step.value is None:
        return f"Took the trait {step.trait} from {whose}."
    return f"Set {step.trait} of {whose} to {step.value}."


def _event(context: RunContext, step: SetTraitStep, index: int) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "group",
        "messageId": f"play-{context.run.id}-{index}",
        "groupId": context.account.id,
        "traits": {step.trait: step.value},
    }
    if step.of == "user":
        group = {"groupId": context.account.id}
        raw |= {"type": "identify", "userId": context.user_id, "context": group}
        del raw["groupId"]
    return raw


def _reclassify(context: RunContext) -> None:
    """The next step may be a message, so who may speak to the account is decided now, not at the next look."""
    account = context.account
    live = context.runtime.releases.live(context.session, context.workspace_id)
    if live is None:
        return
    today = day_of(context.now, context.tz)
    segment, motion = classify_row(
        context.session, context.runtime, live, account, now=context.now, today=today
    )
    found = {"segment": segment, "motion": motion}
    before = {name: getattr(account, name) for name in found if getattr(account, name) != found[name]}
    past_values.keep(context.session, context.workspace_id, account.id, before, at=context.now)
    for name in before:
        setattr(account, name, found[name])
    context.session.flush()
