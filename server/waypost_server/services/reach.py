"""A `message` step reaches one person through the best channel, and falls back when that one does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from waypost_server.domain.channel_choice import PREFERRED_TRAIT, Choice, choose, order
from waypost_server.domain.consent import EVERYTHING, denied
from waypost_server.domain.definitions import MessageStep
from waypost_server.domain.journey import phase_at
from waypost_server.domain.local_day import day_of
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.services.mail_people import hindrances
from waypost_server.services.play_line import Line
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.put_delivery import GUARD, Message, put_delivery
from waypost_server.services.put_task import put_draft
from waypost_server.store import consents, nudge_grants, offers, recipients
from waypost_server.store.play_runs import Told
from waypost_server.store.recipients import Person
from waypost_server.store.tables import EndUser

NAMES = {"in_app": "inside the product", "email": "by e-mail", "chat": "in their chat room"}


@dataclass(frozen=True, slots=True)
class _Subject:
    """The person, and what they and their account say about channels."""

    person: Person
    traits: dict[str, Any]
    phase: str | None


def reach(context: RunContext, step: MessageStep, index: int) -> Line:
    """Choose and act; the line says which channel, why, and which were passed over."""
    found = recipients.most_active(
        context.session,
        context.workspace_id,
        context.account.id,
        roles=step.to.role,
        user_id=context.user_id,
        limit=1,
        with_address=False,
    )
    if not found:
        return Line("skipped", "Nobody to reach: the account has no user in these roles.")
    return _try(context, step, index, _subject(context, found[0]), ())


def standing(story: Sequence[Told], step: int) -> Told | None:
    """The line with which this step began to wait for a person to see a nudge; None when it does not."""
    last = next((line for line in reversed(story) if line.detail.get("step") == step), None)
    return last if last is not None and "reach" in last.detail else None


def until(line: Told) -> datetime:
    """How long it waits."""
    return datetime.fromisoformat(line.detail["reach"]["until"])


def answer(context: RunContext, step: MessageStep, index: int, line: Told) -> Line | None:
    """Seen: done. Not seen in time: the next channel. None while there is time."""
    said = line.detail["reach"]
    user_id, tried = said["user"], tuple(said["tried"])
    seen = offers.shown_since(context.session, context.workspace_id, user_id, nudge=step.nudge, since=line.at)
    if seen:
        return Line("done", "Seen inside the product.")
    if context.now < until(line):
        return None
    late = f"Not seen inside the product within {step.seen_within_days:g} days. "
    return take_next(context, step, index, user_id, tried, late)


def take_next(
    context: RunContext, step: MessageStep, index: int, user_id: str, tried: tuple[str, ...], before: str
) -> Line:
    """What was `tried` did not reach this person: take the first other channel. `before` begins the line: why."""
    found = recipients.most_active(
        context.session,
        context.workspace_id,
        context.account.id,
        roles=None,
        user_id=user_id,
        limit=1,
        with_address=False,
    )
    if not found:
        return Line("skipped", f"{before}The person is no longer in the account.")
    return _try(context, step, index, _subject(context, found[0]), tried, before)


def _subject(context: RunContext, person: Person) -> _Subject:
    row = context.session.get(EndUser, (context.workspace_id, person.user_id))
    account = context.account
    first = account.first_day
    age = (day_of(context.now, context.tz) - first).days if first else 0
    phases = context.release.definitions.journey.phases
    return _Subject(person, dict(row.traits) if row else {}, phase_at(phases, age))


def _try(
    context: RunContext,
    step: MessageStep,
    index: int,
    subject: _Subject,
    tried: tuple[str, ...],
    before: str = "",
) -> Line:
    ranked = order(
        step.offered,
        named=step.channel,
        preferred=subject.traits.get(PREFERRED_TRAIT),
        phase=subject.phase,
        by_phase=context.release.definitions.policy.channels,
    )
    choice = choose(ranked, _hindrances(context, step, subject.person), tried)
    name = subject.person.name or subject.person.user_id
    passed = "".join(f" Not {NAMES[channel]}: {why}." for channel, why in choice.passed)
    if choice.channel is None:
        if not automation_allowed(context.account.motion):
            put_draft(context, index=index, why=f"Reach {name}. {GUARD}")
            return Line(
                "done", f"{before}A task for a person instead of a message to {name}. {GUARD}{passed}"
            )
        return Line("skipped", f"{before}No channel is left to reach {name}.{passed}")
    note = f"{before}To {name} {NAMES[choice.channel]} ({choice.why}).{passed}"
    if choice.channel == "in_app":
        return _in_app(context, step, subject.person, tried, note)
    return _send(context, step, index, subject.person, choice, tried, note)


def _in_app(
    context: RunContext, step: MessageStep, person: Person, tried: tuple[str, ...], note: str
) -> Line:
    """For this person alone, until they have seen it or the time is up."""
    ends = context.now + timedelta(days=step.seen_within_days)
    nudge_grants.grant(
        context.session,
        {
            "workspace_id": context.workspace_id,
            "account_id": context.account.id,
            "nudge": step.nudge,
            "run_id": context.run.id,
            "user_id": person.user_id,
            "roles": None,
            "until": ends,
            "granted_at": context.now,
        },
    )
    said = {"user": person.user_id, "tried": [*tried, "in_app"], "until": ends.isoformat()}
    return Line("held", note, {"reach": said})


def _send(
    context: RunContext,
    step: MessageStep,
    index: int,
    person: Person,
    choice: Choice,
    tried: tuple[str, ...],
    note: str,
) -> Line:
    is_mail = choice.channel == "email"
    key = step.email if is_mail else step.chat_template
    template = context.release.definitions.templates.get(key)
    if template is None:
        return Line("failed", f"There is no template {key}.")
    message = Message(
        channel="email" if is_mail else "chat",
        recipient=person.email if is_mail else step.room,
        step=index,
        user_id=person.user_id if is_mail else "",
        template=key,
        kind=template.kind,
    )
    placed = put_delivery(context, message)
    if placed != "draft":
        return Line(
            "done", note, {"users": [person.user_id], "channel": choice.channel, "tried": list(tried)}
        )
    return Line(
        "held" if is_mail else "done", f"{note} As a draft. {GUARD}", {"drafts": True} if is_mail else {}
    )


def _hindrances(context: RunContext, step: MessageStep, person: Person) -> dict[str, str]:
    """Channel → why this person cannot be reached by it now."""
    checks = {
        "in_app": _no_in_app(context, step, person),
        "email": _no_email(context, step, person),
        "chat": _no_chat(context, step),
    }
    return {channel: why for channel, why in checks.items() if why}


def _no_in_app(context: RunContext, step: MessageStep, person: Person) -> str:
    if not automation_allowed(context.account.motion):
        return "the account is strategic"
    if not any(each.key == step.nudge for each in context.release.definitions.nudges):
        return f"there is no nudge {step.nudge}"
    said = consents.answers(context.session, context.workspace_id, person.user_id, "in_app")
    return "they said no" if EVERYTHING in denied(said, "in_app") else ""


def _no_email(context: RunContext, step: MessageStep, person: Person) -> str:
    template = context.release.definitions.templates.get(step.email)
    if template is None:
        return f"there is no template {step.email}"
    return hindrances(context, [person], template).get(person.user_id, "")


def _no_chat(context: RunContext, step: MessageStep) -> str:
    room = context.release.definitions.policy.chat.get(step.room)
    if room is None:
        return f"there is no chat {step.room}"
    if room.is_ours:
        return "only our own people read that room"
    return "" if context.account.traits.get(room.room_trait) else f"the account has no {room.room_trait}"
