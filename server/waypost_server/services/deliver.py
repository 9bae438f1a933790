"""Send what is due: claim, check once more, write the words, hand over, note what happened.

A delivery is claimed under a lease and a fence. In a second transaction everything that may have changed
since it was decided is checked again under the person's row lock, and its slot of the attention budget is
taken. For e-mail a third transaction marks the commit point right before the message's last byte. Webhooks
are sent at least once and have no such point.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from waypost_server.channels.email import Mail
from waypost_server.channels.mail_headers import HeaderError
from waypost_server.channels.mail_html import Footer, Parts, parts
from waypost_server.channels.outcome import Outcome, Refused
from waypost_server.channels.webhook import Post
from waypost_server.domain.errors import NotFoundError, TemplateError
from waypost_server.services.addresses import unsubscribe_url, webhook_secret
from waypost_server.services.play_words import write
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_checks import Verdict, check
from waypost_server.services.settle_delivery import settle
from waypost_server.store import deliveries, due
from waypost_server.store.tables import Account, Delivery

log = logging.getLogger("waypost.deliver")
BATCH = 20
LEASE = timedelta(seconds=60)
MARK_LEASE = timedelta(seconds=100)  # longer than the mailer waits for the answer to the dot


def deliver_due(
    runtime: Runtime, workspace_id: str, *, limit: int = BATCH, stop: Callable[[], bool] = lambda: False
) -> int:
    """Send up to `limit` due deliveries; returns how many were claimed. `stop` is asked before each."""
    now, fence = runtime.clock(), runtime.new_id()
    runtime.fault("deliver.before_claim")
    with runtime.db.write() as session:
        rows = due.claim_deliveries(
            session, workspace_id, now=now, limit=limit, lease_until=now + LEASE, fence=fence
        )
    runtime.fault("deliver.claimed")
    for index, row in enumerate(rows):
        if stop():
            _give_back(runtime, rows[index:], fence)
            break
        try:
            _deliver(runtime, row, fence)
        except Exception:
            log.exception("delivery.failed", extra={"delivery": row.id})  # its lease ends by itself
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


def _deliver(runtime: Runtime, row: Delivery, fence: str) -> None:
    with runtime.db.write() as session:
        verdict = check(session, runtime, row, fence=fence, lease_until=runtime.clock() + LEASE)
    if verdict is not Verdict.SEND:
        return
    runtime.fault("deliver.checked")
    outcome = _email(runtime, row, fence) if row.channel == "email" else _webhook(runtime, row)
    with runtime.db.write() as session:
        settle(session, runtime, row, fence=fence, outcome=outcome)
    runtime.fault("deliver.settled")


def _email(runtime: Runtime, row: Delivery, fence: str) -> Outcome:
    assert runtime.mailer is not None  # check() holds e-mail back while there is none
    stop_url = (
        None if row.kind == "transactional" else unsubscribe_url(runtime, row.workspace_id, row.recipient)
    )
    try:
        subject, body = _words(runtime, row, stop_url)
        mail = Mail(
            delivery_id=row.id,
            sender=runtime.mail_from,
            recipient=row.recipient,
            subject=subject,
            parts=body,
            at=runtime.clock(),
            unsubscribe_url=stop_url,
        )
        return runtime.mailer.send(mail, lambda: _mark(runtime, row, fence, mail))
    except (TemplateError, HeaderError, NotFoundError) as error:
        return Refused(f"not written: {error.message}")


def _words(runtime: Runtime, row: Delivery, stop_url: str | None) -> tuple[str, Parts]:
    with runtime.db.read() as session:
        release = runtime.releases.pinned(session, row.workspace_id, row.release)
        written = write(
            session,
            runtime,
            release,
            workspace_id=row.workspace_id,
            account_id=row.account_id,
            user_id=row.user_id,
            template_key=row.template,
            for_mail=True,
        )
        product = release.definitions.catalog.product
        account = session.get(Account, (row.workspace_id, row.account_id))
    name = (account.name if account else "") or row.account_id
    footer = Footer(f"You get this because you use {product} at {name}.", stop_url)
    return written.subject, parts(written.body, subject=written.subject, footer=footer)


def _mark(runtime: Runtime, row: Delivery, fence: str, mail: Mail) -> bool:
    """The commit point: from here on the message may have left. Keeps the very words that are sent."""
    with runtime.db.write() as session:
        return deliveries.move(
            session,
            row.workspace_id,
            row.id,
            fence=fence,
            phase="pre",
            values={
                "phase": "commit_point",
                "lease_until": runtime.clock() + MARK_LEASE,
                "subject": mail.subject,
                "body": mail.parts.text,
                "body_html": mail.parts.html,
            },
        )


def _webhook(runtime: Runtime, row: Delivery) -> Outcome:
    assert runtime.poster is not None  # check() holds webhooks back while there is none
    with runtime.db.read() as session:
        url = webhook_url(session, runtime, row)
    if url is None:
        return Refused(f"there is no webhook {row.recipient} in policy.yaml any more")
    secret = webhook_secret(runtime, row.workspace_id, row.recipient)
    return runtime.poster.post(
        Post(delivery_id=row.id, url=url, secret=secret, body=row.body, at=runtime.clock())
    )


def webhook_url(session: Session, runtime: Runtime, row: Delivery) -> str | None:
    """Where the webhook goes now: the live release's address, so that a corrected one takes effect."""
    release = runtime.releases.live(session, row.workspace_id)
    return release.definitions.policy.webhooks.get(row.recipient) if release else None
