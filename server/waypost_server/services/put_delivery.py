"""The one place where a delivery row is made, and with it the motion guard.

An account whose motion is strategic (or not known) never gets an automated message. What a step wanted to
say becomes a draft in a CSM's queue instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from waypost_server.domain.dedupe import delivery_key
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.put_task import put_draft
from waypost_server.store import deliveries

Placed = Literal["delivery", "draft", "known"]
EMAIL_LIVES = timedelta(days=3)  # a tip that is older than this helps nobody
WEBHOOK_LIVES = timedelta(days=5)
GUARD = "The account is strategic: a person sends this, software does not."


@dataclass(frozen=True, slots=True)
class Message:
    """What a step wants to send to one recipient."""

    channel: Literal["email", "webhook", "chat"]
    recipient: str  # an address, or the name of a webhook or a chat room
    step: int
    user_id: str = ""
    template: str = ""
    kind: str = "passive"
    is_ours: bool = False  # only our own people read it, so the motion guard does not ask
    invitation_id: str = ""  # to a workshop
    body: str = ""  # a webhook's JSON; an e-mail is written when it is sent


def put_delivery(context: RunContext, message: Message) -> Placed:
    """Queue a message once. The account's row is locked, so its motion cannot change meanwhile."""
    if not message.is_ours and not automation_allowed(context.account.motion):
        put_draft(
            context,
            index=message.step,
            why=GUARD,
            template=message.template,
            user_id=message.user_id,
            recipient=message.recipient if message.channel == "email" else "",
            kind=message.kind,
            invitation_id=message.invitation_id,
        )
        return "draft"
    lives = EMAIL_LIVES if message.channel == "email" else WEBHOOK_LIVES
    new = deliveries.put(
        context.session,
        {
            "workspace_id": context.workspace_id,
            "id": context.runtime.new_id(),
            "account_id": context.account.id,
            "user_id": message.user_id,
            "run_id": context.run.id,
            "play": context.play.key,
            "release": context.release.number,
            "channel": message.channel,
            "kind": message.kind,
            "template": message.template,
            "recipient": message.recipient,
            "invitation_id": message.invitation_id,
            "calendar": "request" if message.invitation_id else "",
            "body": message.body,
            "dedupe_key": delivery_key(
                run_id=context.run.id,
                step=message.step,
                channel=message.channel,
                recipient=message.recipient,
            ),
            "state": "pending",
            "not_before": context.now,
            "expires_at": context.now + lives,
            "created_at": context.now,
        },
    )
    return "delivery" if new else "known"
