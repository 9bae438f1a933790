"""Everything that is checked again in the moment before sending, under the person's and account's locks."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.assignment import held_out_of_all
from waypost_server.domain.budget import TouchSeen, longest_window, spent
from waypost_server.domain.consent import EVERYTHING, denied
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.domain.policy import Policy
from waypost_server.domain.quiet_hours import quiet_until
from waypost_server.services.addresses import address_hash
from waypost_server.services.goals import goal_reached
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.put_delivery import GUARD
from waypost_server.services.put_task import put_draft
from waypost_server.services.runtime import Runtime
from waypost_server.store import consents, deliveries, suppressions, tasks
from waypost_server.store.deliveries import Surroundings
from waypost_server.store.tables import Delivery

log = logging.getLogger("waypost.deliver")
NO_CHANNEL = timedelta(minutes=10)
SWITCHED_OFF = timedelta(minutes=1)
MUTED = timedelta(hours=1)


class Verdict(Enum):
    """What became of the check."""

    SEND = "send"
    HELD = "held"
    ENDED = "ended"
    LOST = "lost"


class _End(Exception):
    def __init__(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason


class _Hold(Exception):
    def __init__(self, until: datetime, reason: str) -> None:
        self.until, self.reason = until, reason


def check(session: Session, runtime: Runtime, row: Delivery, *, fence: str, lease_until: datetime) -> Verdict:
    """Send, hold until later, or end. SEND has taken a slot of the budget and renewed the lease."""
    workspace_id = row.workspace_id
    deliveries.lock_subject(session, workspace_id, user_id=row.user_id, account_id=row.account_id)
    if not deliveries.move(
        session, workspace_id, row.id, fence=fence, phase="pre", values={"lease_until": lease_until}
    ):
        return Verdict.LOST
    now = runtime.clock()
    try:
        _check(session, runtime, row, now)
    except _End as end:
        values = {"state": end.state, "reason": end.reason, "ended_at": now}
        deliveries.return_touch(session, workspace_id, row.id)
        return _write(session, row, fence, values, Verdict.ENDED)
    except _Hold as hold:
        values = {"state": "pending", "reason": hold.reason, "not_before": hold.until, "claims": 0}
        deliveries.return_touch(session, workspace_id, row.id)
        return _write(session, row, fence, values, Verdict.HELD)
    if row.channel == "email" and row.kind != "transactional":
        deliveries.reserve_touch(session, _touch(row, now))
    return Verdict.SEND


def _write(session: Session, row: Delivery, fence: str, values: dict[str, Any], verdict: Verdict) -> Verdict:
    free = {"phase": "", "fence": None, "lease_until": None}
    deliveries.move(session, row.workspace_id, row.id, fence=fence, values={**free, **values})
    log.info("delivery.checked", extra={"delivery": row.id, "verdict": verdict.value})
    return verdict


def _touch(row: Delivery, now: datetime) -> dict[str, Any]:
    return {
        "workspace_id": row.workspace_id,
        "id": f"delivery:{row.id}",
        "account_id": row.account_id,
        "user_id": row.user_id,
        "channel": row.channel,
        "kind": row.kind,
        "at": now,
    }


def _check(session: Session, runtime: Runtime, row: Delivery, now: datetime) -> None:
    """The checks in order: what ends it first, then what holds it. Raises _End or _Hold."""
    if row.expires_at <= now:
        raise _End("expired", row.reason or "its time was over before it could be sent")
    around = deliveries.surroundings(session, row)
    if not around.workspace.sending:
        raise _Hold(now + SWITCHED_OFF, "sending is switched off for this workspace")
    if (runtime.mailer if row.channel == "email" else runtime.poster) is None:
        raise _Hold(now + NO_CHANNEL, f"no way to send {row.channel} is set up")
    _still_wanted(session, runtime, row, around, now)
    _not_suppressed(session, runtime, row)
    run = tasks.muting_run(session, row.workspace_id, row.account_id)
    if run is not None and run != row.run_id:
        raise _Hold(now + MUTED, "a person is working on the account")
    if row.channel == "email" and row.kind != "transactional":
        _attention(session, runtime, row, around, now)


def _still_wanted(
    session: Session, runtime: Runtime, row: Delivery, around: Surroundings, now: datetime
) -> None:
    account, run = around.account, around.run
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    play = next((each for each in release.definitions.plays if each.key == row.play), None)
    if account is None:
        raise _End("cancelled", "the account is gone")
    if not automation_allowed(account.motion):
        if run is not None and play is not None:
            tz = zone_of(around.workspace.timezone)
            context = RunContext(session, runtime, release, run, play, account, around.signal, now, tz)
            put_draft(context, index=run.step, template=row.template, user_id=row.user_id, why=GUARD)
        raise _End("cancelled", GUARD)
    if run is None or play is None or row.channel != "email":
        return
    if goal_reached(
        session,
        runtime,
        row.workspace_id,
        row.account_id,
        goal=play.goal,
        since=run.started_at,
        user_id=around.signal.user_id if around.signal else "",
    ):
        raise _End("cancelled", "the goal was reached before it was sent")


def _not_suppressed(session: Session, runtime: Runtime, row: Delivery) -> None:
    hashed = address_hash(runtime, row.workspace_id, f"{row.channel}:{row.recipient}")
    if row.channel == "email":
        hashed = address_hash(runtime, row.workspace_id, row.recipient)
    if suppressions.known(session, row.workspace_id, [hashed]):
        said = "unsubscribed or unreachable" if row.channel == "email" else "asked not to be called again"
        raise _End(
            "suppressed", f"the recipient has {said}" if row.channel != "email" else f"the address is {said}"
        )


def _attention(
    session: Session, runtime: Runtime, row: Delivery, around: Surroundings, now: datetime
) -> None:
    """The standing holdout, the person's own word, quiet hours where they are, and the budget right now."""
    live = runtime.releases.live(session, row.workspace_id)
    policy = (live or runtime.releases.pinned(session, row.workspace_id, row.release)).definitions.policy
    if held_out_of_all(row.account_id or row.user_id, policy.holdout_percent):
        raise _End("cancelled", "the account is in the standing holdout")
    _allowed(session, row)
    tz = zone_of((around.person.timezone if around.person else None) or around.workspace.timezone)
    until = quiet_until(now, policy.quiet_hours, tz)
    if until is not None:
        raise _Hold(until, "quiet hours where the person is")
    _not_too_often(session, row, policy, now)
    used = spent(
        policy,
        person=_touches(session, row, now, longest_window(policy, "person"), user_id=row.user_id),
        account=_touches(session, row, now, longest_window(policy, "account"), account_id=row.account_id),
        kind=row.kind,
        channel=row.channel,
        now=now,
    )
    if used is not None:
        what = (
            "the minimum gap between two touches" if used.limit == "min_gap" else f"{used.used} of {used.max}"
        )
        raise _Hold(used.free_at, f"attention budget of the {used.scope}: {what}")


def _allowed(session: Session, row: Delivery) -> None:
    said = denied(consents.answers(session, row.workspace_id, row.user_id, "email"), "email")
    refused = said & {EVERYTHING, row.play, row.template}
    if refused:
        raise _End("suppressed", f"the person said no to e-mail ({min(refused) or 'all of it'})")


def _not_too_often(session: Session, row: Delivery, policy: Policy, now: datetime) -> None:
    """E-mails of one play to one person."""
    rule = policy.play_emails
    if rule is None or not row.play:
        return
    window = timedelta(seconds=rule.per_seconds)
    sent = deliveries.play_touches(session, row, since=now - window)
    if len(sent) >= rule.max:
        free_at = sent[-rule.max] + window if rule.max else now + window
        raise _Hold(free_at, f"e-mails of this play to this person: {len(sent)} of {rule.max}")


def _touches(
    session: Session, row: Delivery, now: datetime, window: timedelta, **whose: str
) -> list[TouchSeen]:
    if not window:
        return []
    return deliveries.touches(session, row.workspace_id, since=now - window, except_id=row.id, **whose)
