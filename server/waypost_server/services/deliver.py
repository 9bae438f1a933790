"""Send what is due: claim, check once more, write the words, hand over, note what happened.

A batch of deliveries is claimed under leases and a fence. In a second transaction everything that may have
changed since they were decided is checked again under the people's row locks, and their slots of the attention
budget are taken. For e-mail a third transaction marks the commit point right before the messages' last bytes;
a group of mails shares these transactions. Chat has one before its first byte. Webhooks are sent at least once
and have no such point.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.orm import Session

from waypost_server.channels.outcome import Outcome, Refused, Sent
from waypost_server.channels.webhook import Post
from waypost_server.services import chat_turn, known_secret, restored
from waypost_server.services.deliver_chat import deliver_chat
from waypost_server.services.deliver_mail import LEASE, deliver_mails, group_size
from waypost_server.services.endpoint_secret import signing_secrets
from waypost_server.services.outage import spared
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_checks import check_all
from waypost_server.services.settle_delivery import settle
from waypost_server.store import deliveries, due
from waypost_server.store.tables import Delivery

log = logging.getLogger("waypost.deliver")
BATCH = 96  # six groups


class Group(NamedTuple):
    """Messages that are sent together, or one after the other; of chat, those to one room."""

    rows: list[Delivery]
    room: str = ""


def deliver_due(
    runtime: Runtime, workspace_id: str, *, limit: int = BATCH, stop: Callable[[], bool] = lambda: False
) -> int:
    """Send up to `limit` due deliveries; returns how many were claimed. `stop` is asked before each group."""
    if not runtime.sending or known_secret.stopped(runtime) or restored.stopped(runtime):
        return 0
    now, fence = runtime.clock(), runtime.new_id()
    runtime.fault("deliver.before_claim")
    with runtime.db.write() as session:
        rows = due.claim_deliveries(
            session, workspace_id, now=now, limit=limit, lease_until=now + LEASE, fence=fence
        )
    runtime.fault("deliver.claimed")
    groups = _groups(runtime, rows)
    for index, group in enumerate(groups):
        after = [row for later in groups[index + 1 :] for row in later.rows]
        if stop():
            _give_back(runtime, [*group.rows, *after], fence)
            break
        try:
            with spared(runtime, group.rows):
                _deliver(runtime, group, fence, [row.id for row in after])
        except Exception:  # their leases end by themselves, and then each is claimed alone
            log.exception("delivery.failed", extra={"deliveries": [row.id for row in group.rows]})
    return len(rows)


def _give_back(runtime: Runtime, rows: list[Delivery], fence: str) -> None:
    """Nothing was done about these: as if they had never been claimed."""
    with runtime.db.write() as session:
        for row in rows:
            values = {"state": "pending", "phase": "", "fence": None, "lease_until": None}
            deliveries.move(
                session,
                row.workspace_id,
                row.id,
                fence=fence,
                phase="pre",
                values={**values, "claims": row.claims - 1},
            )


def _groups(runtime: Runtime, rows: list[Delivery]) -> list[Group]:
    """E-mails in groups that share their commits, webhooks one by one, chat by room: their endpoints may be slow."""
    mails = [row for row in rows if row.channel == "email"]
    size = group_size(runtime)
    groups = [Group(mails[at : at + size]) for at in range(0, len(mails), size)]
    groups += [Group([row]) for row in rows if row.channel == "webhook"]
    chat = [row for row in rows if row.channel == "chat"]
    if not chat:
        return groups
    with runtime.db.read() as session:
        rooms = chat_turn.rooms_of(session, runtime, chat)
    return groups + [Group(messages, room) for room, messages in rooms.items()]


def _deliver(runtime: Runtime, group: Group, fence: str, waiting: list[str]) -> None:
    if group.rows[0].channel == "email":
        deliver_mails(runtime, group.rows, fence, waiting)
        return
    for place, row in enumerate(group.rows):
        after = group.rows[place:]
        if group.room and chat_turn.put_off(runtime, group.room, after, fence):
            return
        _one(runtime, row, group.room, fence, [*(each.id for each in after[1:]), *waiting])


def _one(runtime: Runtime, row: Delivery, room: str, fence: str, waiting: list[str]) -> None:
    with runtime.db.write() as session:
        until = runtime.clock() + LEASE
        if not check_all(session, runtime, [row], fence=fence, lease_until=until, waiting=waiting):
            return
    runtime.fault("deliver.checked")
    outcome = deliver_chat(runtime, row, room, fence) if room else _webhook(runtime, row)
    with runtime.db.write() as session:
        if room:  # before the endpoint, as the checks lock them
            chat_turn.answered(session, row.workspace_id, room, outcome, runtime.clock())
        done = settle(session, runtime, row, fence=fence, outcome=outcome)
        # A webhook may come twice but must not be lost, so it is on record when it was taken, not before.
        taken = done and not room and isinstance(outcome, Sent)
        number = restored.number(session, runtime) if taken else 0
    if taken:
        restored.note(runtime, number, [row])
    runtime.fault("deliver.settled")


def _webhook(runtime: Runtime, row: Delivery) -> Outcome:
    assert runtime.poster is not None  # check() holds webhooks back while there is none
    with runtime.db.read() as session:
        url = webhook_url(session, runtime, row)
        secrets = signing_secrets(session, runtime, row.workspace_id, row.recipient)
    if url is None:
        return Refused(f"there is no webhook {row.recipient} in policy.yaml any more", asked=False)
    return runtime.poster.post(
        Post(delivery_id=row.id, url=url, secrets=secrets, body=row.body, at=runtime.clock())
    )


def webhook_url(session: Session, runtime: Runtime, row: Delivery) -> str | None:
    """Where the webhook goes now: the live release's address, so that a corrected one takes effect."""
    release = runtime.releases.live(session, row.workspace_id)
    return release.definitions.policy.webhooks.get(row.recipient) if release else None
