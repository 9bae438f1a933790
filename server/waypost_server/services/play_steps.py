"""What each step does when it acts. Every function returns the line it adds to the run's story."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from waypost_server.domain.definitions import (
    ChatStep,
    EmailStep,
    MessageStep,
    NudgeStep,
    PlayStep,
    SetTraitStep,
    TaskStep,
    WebhookStep,
    WorkshopStep,
)
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.services.mail_people import pick
from waypost_server.services.play_line import Line
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.put_delivery import GUARD, Message, put_delivery
from waypost_server.services.put_task import put_draft, put_task
from waypost_server.services.reach import reach
from waypost_server.services.set_trait import set_trait
from waypost_server.services.story_words import day, listed, nudge_title, title_of, workshop_title
from waypost_server.services.workshop_invite import invite, slot_for, uninvited
from waypost_server.store import nudge_grants


def act(context: RunContext, step: PlayStep, index: int) -> Line:
    """Carry out a step that does something; waits, branches and ends are the machine's."""
    deed = _DEEDS.get(type(step))
    if deed is None:
        raise TypeError(f"no way to act on {type(step).__name__}")
    line: Line = deed(context, step, index)
    return line


def _task(context: RunContext, step: TaskStep, index: int) -> Line:
    title = put_task(context, step, index=index)
    return Line("done", f"A person has the task “{title}”.")


def _trait(context: RunContext, step: SetTraitStep, index: int) -> Line:
    if step.of == "user" and not context.user_id:
        return Line(
            "skipped", f"“{step.trait}” was not set: this run is about an account, not about one user."
        )
    return Line("done", set_trait(context, step, index=index))


def _email(context: RunContext, step: EmailStep, index: int) -> Line:
    template = context.release.definitions.templates.get(step.template)
    if template is None:
        return Line("failed", f"There is no template {step.template}.")
    picked = pick(context, step.to, template)
    if not picked.people:
        nobody = "Nobody to write to: no user in these roles has an address that may be used."
        return Line("skipped", nobody + picked.note)
    placed = [
        put_delivery(
            context,
            Message(
                channel="email",
                recipient=person.email,
                step=index,
                user_id=person.user_id,
                template=step.template,
                kind=template.kind,
            ),
        )
        for person in picked.people
    ]
    names = listed([person.name or person.user_id for person in picked.people])
    words = title_of(context.release.definitions, step.template)
    if "draft" in placed:
        note = f"A person has a draft of {words} to {names}. {GUARD}{picked.note}"
        return Line("held", note, {"drafts": True})
    users = [person.user_id for person in picked.people]
    return Line("done", f"An e-mail goes to {names}: {words}.{picked.note}", {"users": users})


def _workshop(context: RunContext, step: WorkshopStep, index: int) -> Line:
    template = context.release.definitions.templates.get(step.template)
    if template is None:
        return Line("failed", f"There is no template {step.template}.")
    workshop = workshop_title(context.release.definitions, step.workshop)
    slot = slot_for(context, step)
    if slot is None:
        days = f"{step.within_days:g} days"
        return Line("skipped", f"No slot of the workshop {workshop} has a free place within {days}.")
    picked = pick(context, step.to, template)
    people = uninvited(context, step, slot, picked.people)
    if not people:
        nobody = "Nobody to invite: whoever in these roles has an address is invited already."
        return Line("skipped", nobody + picked.note)
    placed = [
        put_delivery(
            context,
            Message(
                channel="email",
                recipient=person.email,
                step=index,
                user_id=person.user_id,
                template=step.template,
                kind=template.kind,
                invitation_id=invite(context, slot, person),
            ),
        )
        for person in people
    ]
    names = listed([person.name or person.user_id for person in people])
    local = slot.starts_at.astimezone(context.tz)
    at = f"{day(context, slot.starts_at)}, {local:%H:%M %Z}"
    if "draft" in placed:
        note = f"A person has a draft of the invitation to {workshop} on {at}, for {names}. {GUARD}"
        return Line("held", note + picked.note, {"drafts": True})
    users = [person.user_id for person in people]
    note = f"An invitation to {workshop} on {at} goes to {names}.{picked.note}"
    return Line("done", note, {"users": users, "slot": slot.id})


def _nudge(context: RunContext, step: NudgeStep, index: int) -> Line:
    title = nudge_title(context.release.definitions, step.nudge)
    if not automation_allowed(context.account.motion):
        put_draft(context, index=index, why=f"Nudge {step.nudge}. {GUARD}")
        return Line("done", f"A person has a task instead of the nudge {title}. {GUARD}")
    until = context.now + timedelta(days=step.days)
    nudge_grants.grant(
        context.session,
        {
            "workspace_id": context.workspace_id,
            "account_id": context.account.id,
            "nudge": step.nudge,
            "run_id": context.run.id,
            "user_id": context.user_id,
            "roles": list(step.role) if step.role is not None else None,
            "until": until,
            "granted_at": context.now,
        },
    )
    roles = " or ".join(role.replace("_", " ") for role in step.role or ())
    who = f"people with the role {roles}" if roles else context.user_id or "everybody"
    return Line("done", f"The nudge {title} may be shown to {who} until {day(context, until)}.")


def _chat(context: RunContext, step: ChatStep, index: int) -> Line:
    room = context.release.definitions.policy.chat.get(step.room)
    template = context.release.definitions.templates.get(step.template)
    if room is None or template is None:
        missing = f"chat {step.room} in policy.yaml" if room is None else f"template {step.template}"
        return Line("failed", f"There is no {missing}.")
    message = Message(
        channel="chat",
        recipient=step.room,
        step=index,
        user_id=context.user_id if room.is_ours else "",
        template=step.template,
        kind=template.kind,
        is_ours=room.is_ours,
    )
    if put_delivery(context, message) == "draft":
        return Line(
            "done", f"A person has a task instead of the message in the chat room {step.room}. {GUARD}"
        )
    words = title_of(context.release.definitions, step.template)
    return Line("done", f"A message goes to the chat room {step.room}: {words}.")


def _webhook(context: RunContext, step: WebhookStep, index: int) -> Line:
    if step.webhook not in context.release.definitions.policy.webhooks:
        return Line("failed", f"There is no webhook {step.webhook} in policy.yaml.")
    message = Message(
        channel="webhook",
        recipient=step.webhook,
        step=index,
        user_id=context.user_id,
        body=_payload(context),
    )
    if put_delivery(context, message) == "draft":
        return Line("done", f"A person has a task instead of the webhook {step.webhook}. {GUARD}")
    return Line("done", f"The webhook {step.webhook} is told.")


def _payload(context: RunContext) -> str:
    """Thin: ids and the finding; whoever wants more reads the API."""
    signal = context.signal
    data: dict[str, Any] = {
        "account": {"id": context.account.id, "name": context.account.name},
        "play": context.play.key,
        "run": context.run.id,
        "release": context.release.number,
    }
    if context.user_id:
        data["user"] = {"id": context.user_id}
    if signal is not None:
        data["signal"] = {
            "id": signal.id,
            "kind": signal.kind,
            "severity": signal.severity,
            "words": signal.evidence.get("words", ""),
        }
    at = context.now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": "play.step", "timestamp": at, "data": data}, ensure_ascii=False)


_DEEDS: Mapping[type, Callable[..., Line]] = {
    EmailStep: _email,
    NudgeStep: _nudge,
    WebhookStep: _webhook,
    ChatStep: _chat,
    TaskStep: _task,
    WorkshopStep: _workshop,
    MessageStep: reach,
    SetTraitStep: _trait,
}
