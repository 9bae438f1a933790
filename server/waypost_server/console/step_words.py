"""Steps of a play in plain words, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from waypost_server.console.conditions import Reader
from waypost_server.console.preview import with_chips
from waypost_server.console.wait_words import wait_detail, wait_words
from waypost_server.console.words import humanise, plural
from waypost_server.domain.definitions import (
    BranchStep,
    ChatStep,
    Definitions,
    EmailStep,
    EndStep,
    MessageStep,
    NudgeStep,
    PlayStep,
    Recipients,
    SetTraitStep,
    TaskStep,
    WaitStep,
    WebhookStep,
    WorkshopStep,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A step as it reads: what it does, the words it quotes (as nodes), a detail below."""

    kind: str
    text: str
    quoted: Sequence[dict[str, Any]] = ()
    detail: str = ""
    nudge: str | None = None
    inner: Sequence[tuple[str, Sequence[Told]]] = ()  # lists of steps inside it, each under a heading


def describe(step: PlayStep, definitions: Definitions) -> Told:
    """One step in words."""
    if isinstance(step, EmailStep):
        return Told("email", "Send", _subject(step.template, definitions), f"to {_people(step.to)}")
    if isinstance(step, WorkshopStep):
        titles = {each.key: each.title for each in definitions.workshops}
        name = [{"t": "text", "v": titles.get(step.workshop, step.workshop)}]
        detail = f"{_people(step.to)}; a slot within {plural(step.within_days, 'day')}"
        return Told("workshop", "Invite to the workshop", name, detail)
    if isinstance(step, MessageStep):
        names = {"in_app": "inside the product", "email": "by e-mail", "chat": "in their chat room"}
        ways = step.channel or step.offered
        how = " then ".join(names[each] for each in ways)
        first = "" if step.channel else "; their own word and the phase say which first"
        return Told("message", f"Reach one person {how}", (), f"{_people(step.to)}{first}")
    if isinstance(step, ChatStep):
        return Told("chat", "Post", _subject(step.template, definitions), f"in the chat {step.room}")
    if isinstance(step, NudgeStep):
        titles = {each.key: each.title for each in definitions.nudges}
        who = " or ".join(humanise(role) for role in step.role) if step.role else "everybody in the account"
        title = [{"t": "text", "v": titles.get(step.nudge, step.nudge)}]
        detail = f"to {who}, for {plural(step.days, 'day')}"
        return Told("nudge", "Hand out the nudge", title, detail, step.nudge)
    if isinstance(step, TaskStep):
        detail = f"due in {plural(step.due_business_days, 'business day')}"
        if step.mute_digital:
            detail += "; digital plays stay quiet meanwhile"
        return Told("task", "Give a CSM the task", _subject(step.template, definitions), detail)
    return _steering(step, definitions)


def _steering(step: PlayStep, definitions: Definitions) -> Told:
    """Steps that say nothing to anybody."""
    if isinstance(step, WaitStep):
        late = _list("If the time is up first", step.timeout, definitions)
        return Told("wait", wait_words(step, Reader(definitions)), (), wait_detail(step), None, late)
    if isinstance(step, BranchStep):
        inner = _list("Then", step.then, definitions) + _list("Otherwise", step.otherwise, definitions)
        return Told("branch", f"If {Reader(definitions).summary(step.when)}", inner=inner)
    if isinstance(step, SetTraitStep):
        whose = "the account" if step.of == "account" else "the user"
        verb = f"Take {step.trait} from {whose}" if step.value is None else f"Set {step.trait} of {whose}"
        return Told("set_trait", verb, (), "" if step.value is None else f"to {step.value}")
    if isinstance(step, EndStep):
        return Told("end", "End the play", (), step.reason)
    assert isinstance(step, WebhookStep)
    return Told("webhook", f"Call the webhook {step.webhook}")


def _list(
    heading: str, steps: Sequence[PlayStep], definitions: Definitions
) -> list[tuple[str, Sequence[Told]]]:
    return [(heading, [describe(step, definitions) for step in steps])] if steps else []


def _subject(key: str, definitions: Definitions) -> Sequence[dict[str, Any]]:
    template = definitions.templates.get(key)
    return with_chips(template.subject if template else key, Reader(definitions), markdown=False)


def _people(to: Recipients) -> str:
    roles = " or ".join(humanise(role) for role in to.role) if to.role else "people of the account"
    many = "the most recently active one" if to.limit == 1 else f"at most {to.limit}, the last active first"
    return f"{roles}: {many}"
