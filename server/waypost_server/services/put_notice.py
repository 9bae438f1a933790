"""Words from Waypost to the people who run it. A notice is an ordinary delivery, but about no account: it spends
nobody's attention budget and needs no consent, and it has no play."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy.orm import Session

from waypost_server.domain.dedupe import delivery_key
from waypost_server.services.runtime import Runtime
from waypost_server.store import console_users, deliveries

LIVES = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said: one line, and a Markdown body (a webhook's is JSON).

    The same `dedupe` to the same recipient is one notice, for ever.
    """

    subject: str
    body: str
    dedupe: str


def put_notice(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    *,
    channel: Literal["email", "chat", "webhook"],
    recipient: str,
    notice: Notice,
) -> bool:
    """Queue a notice to an address, or to a chat room or webhook named in policy.yaml; False when it is known already.

    The caller rings the doorbell after its commit if the notice should not wait for the next sweep.
    """
    now = runtime.clock()
    values = {
        "workspace_id": workspace_id,
        "id": runtime.new_id(),
        "account_id": "",
        "channel": channel,
        "kind": "transactional",
        "recipient": recipient,
        "subject": notice.subject,
        "body": notice.body,
        "dedupe_key": delivery_key(run_id=notice.dedupe, step=0, channel=channel, recipient=recipient),
        "state": "pending",
        "not_before": now,
        "expires_at": now + LIVES,
        "created_at": now,
    }
    return deliveries.put(session, values)


def notify_admins(session: Session, runtime: Runtime, workspace_id: str, notice: Notice) -> None:
    """E-mail a notice to everybody who administers the workspace."""
    for address in _addresses(session, workspace_id):
        put_notice(session, runtime, workspace_id, channel="email", recipient=address, notice=notice)


def _addresses(session: Session, workspace_id: str) -> Iterable[str]:
    people = console_users.page(session, workspace_id)
    return [each.email for each in people if each.role == "admin" and each.disabled_at is None]
