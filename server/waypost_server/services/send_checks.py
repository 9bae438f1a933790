"""Everything that is checked again in the moment before sending, under the people's and accounts' locks.

A group of deliveries is checked in one transaction. What one of them spends, the next one sees.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from waypost_server.domain.assignment import held_out_of_all
from waypost_server.domain.budget import spent
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.play_machine import automation_allowed
from waypost_server.domain.policy import Policy
from waypost_server.domain.quiet_hours import quiet_until
from waypost_server.services import chat_turn, restored, workshop_invite, workshop_mail
from waypost_server.services.endpoint_health import KEPT, wait_until
from waypost_server.services.goals import goal_reached
from waypost_server.services.mail_refusal import UNREACHABLE, refusal
from waypost_server.services.pause_play import PAUSED
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.put_delivery import GUARD
from waypost_server.services.put_task import put_draft
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_known import Known, read_known, recipient_hash
from waypost_server.services.send_room import Full, Room
from waypost_server.services.stop_sending import STOPPED
from waypost_server.store import deliveries
from waypost_server.store import send_group as group
from waypost_server.store.endpoints import NO_ADDRESS
from waypost_server.store.readers import Reader
from waypost_server.store.send_group import Surroundings
from waypost_server.store.tables import Delivery

log = logging.getLogger("waypost.deliver")
NO_CHANNEL = timedelta(minutes=10)
SWITCHED_OFF = timedelta(minutes=1)
MUTED = timedelta(hours=1)
AWAITS = "so many people a day need an approver's yes"


_WAYS: Mapping[str, Callable[[Runtime], object]] = {
    "email": lambda runtime: runtime.mailer,
    "webhook": lambda runtime: runtime.poster,
    "chat": lambda runtime: runtime.chat,
}


class _End(Exception):
    def __init__(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason


class _Await(Exception):
    """It waits for a person's yes."""

    def __init__(self, approval_id: str) -> None:
        self.approval_id = approval_id


class _Hold(Exception):
    def __init__(self, until: datetime, reason: str, *, keep: timedelta | None = None) -> None:
        self.until, self.reason, self.keep = until, reason, keep  # keep: however old it is by then


class Passed(NamedTuple):
    """A delivery that may leave, and for whom it is."""

    row: Delivery
    reader: Reader


def check_all(
    session: Session,
    runtime: Runtime,
    rows: Sequence[Delivery],
    *,
    fence: str,
    lease_until: datetime,
    waiting: Collection[str] = (),
) -> list[Passed]:
    """Send, hold until later, or end each; returns those to send. Each of them has taken a slot of the budget.

    Leases are renewed, also of `waiting`: the rest of the batch, whose turn comes after this group.
    """
    workspace_id, ids = rows[0].workspace_id, [row.id for row in rows]
    group.lock_subjects(session, workspace_id, rows)
    held = group.renew(session, workspace_id, [*ids, *waiting], fence=fence, lease_until=lease_until)
    mine = [row for row in rows if row.id in held]
    now = runtime.clock()
    if not mine:
        return []
    known = read_known(session, runtime, mine, now)
    room = Room.of(session, runtime, mine, known, now)
    passed = [
        Passed(row, known.around[row.id].reader)
        for row in mine
        if _judge(session, runtime, row, known, room, fence, now)
    ]
    deliveries.reserve_touches(session, known.spending)
    known.slots.write(session, workspace_id)
    room.write(workspace_id)
    return passed


def _judge(
    session: Session, runtime: Runtime, row: Delivery, known: Known, room: Room, fence: str, now: datetime
) -> bool:
    try:
        _check(session, runtime, row, known, now)
        _find_room(row, known, room, now)
    except _Await as wait:
        values = {
            "state": "awaiting_approval",
            "approval_id": wait.approval_id,
            "reason": AWAITS,
            "claims": 0,
        }
        _not_now(session, row, fence, values)
        return False
    except _End as end:
        values = {"state": end.state, "reason": end.reason, "ended_at": now}
        _not_now(session, row, fence, values)
        return False
    except _Hold as hold:
        values = {"state": "pending", "reason": hold.reason, "not_before": hold.until, "claims": 0}
        if hold.keep is not None:
            values["expires_at"] = max(row.expires_at, row.created_at + hold.keep)
        _not_now(session, row, fence, values)
        return False
    if row.channel != "webhook" and row.kind != "transactional" and not known.is_ours(row):
        known.spend(_touch(row, now), row.play)
    return True


def _not_now(session: Session, row: Delivery, fence: str, values: dict[str, Any]) -> None:
    deliveries.return_touch(session, row.workspace_id, row.id)
    free = {"phase": "", "fence": None, "lease_until": None}
    deliveries.move(session, row.workspace_id, row.id, fence=fence, values={**free, **values})
    log.info("delivery.checked", extra={"delivery": row.id, "state": values["state"]})


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


def _check(session: Session, runtime: Runtime, row: Delivery, known: Known, now: datetime) -> None:
    """The checks in order: what ends it first, then what holds it. Raises _End or _Hold."""
    if row.expires_at <= now:
        raise _End("expired", row.reason or "its time was over before it could be sent")
    around = known.around[row.id]
    if not around.workspace.sending or around.is_stopped:
        raise _Hold(now + SWITCHED_OFF, STOPPED)
    if known.left_before and restored.stands_for(session, runtime, row, known.left_before):
        raise _End("cancelled", restored.SENT_BEFORE)
    if around.is_paused:
        raise _Hold(now + SWITCHED_OFF, PAUSED)
    if _WAYS[row.channel](runtime) is None:
        raise _Hold(now + NO_CHANNEL, f"no way to send {row.channel} is set up")
    _not_suppressed(runtime, row, known)
    if known.is_ours(row):
        _endpoint_takes(session, runtime, row, known, now)
        return
    _still_wanted(session, runtime, row, around, now)
    if not row.person and known.muting.get(row.account_id, set()) - {row.run_id}:
        raise _Hold(now + MUTED, "a person is working on the account")
    if row.person and row.calendar not in workshop_mail.UPDATES:
        _allowed(row, known)  # a person's own mail spends the budget, and is not held by it
    elif row.channel != "webhook" and row.kind != "transactional":
        _attention(row, around, known, now)
    _endpoint_takes(session, runtime, row, known, now)


def _find_room(row: Delivery, known: Known, room: Room, now: datetime) -> None:
    """The last check of all: it takes a place of the day. Without one, the slot of the mail domain is another's."""
    hindrance = room.take(row)
    if hindrance is None:
        return
    known.slots.give_back(row, known.policies[row.release], now)
    if isinstance(hindrance, Full):
        raise _Hold(hindrance.until, f"the {hindrance.limit:,} e-mails of today have left")
    if hindrance.state == "rejected":
        raise _End("cancelled", f"rejected: {hindrance.reason}")
    raise _Await(hindrance.id)


def _still_wanted(
    session: Session, runtime: Runtime, row: Delivery, around: Surroundings, now: datetime
) -> None:
    account, run = around.account, around.run
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    play = next((each for each in release.definitions.plays if each.key == row.play), None)
    if account is None:
        raise _End("cancelled", "the account is gone")
    gone = workshop_mail.hindrance(session, row, now) if row.invitation_id else ""
    if gone:
        raise _End("cancelled", gone)
    if row.person:  # who decided knows the account, and whether it is still wanted
        return
    if not automation_allowed(account.motion):
        if run is not None and play is not None:
            tz = zone_of(around.workspace.timezone)
            context = RunContext(session, runtime, release, run, play, account, around.signal, now, tz)
            put_draft(
                context,
                index=run.step,
                why=GUARD,
                template=row.template,
                user_id=row.user_id,
                recipient=row.recipient if row.channel == "email" else "",
                kind=row.kind,
                invitation_id=row.invitation_id,
            )
            workshop_invite.held_back(session, row)
        raise _End("cancelled", GUARD)
    if run is not None and run.state == "paused":
        raise _Hold(now + MUTED, "its run is paused")
    if run is None or play is None or row.channel == "webhook":
        return
    if goal_reached(
        session,
        runtime,
        row.workspace_id,
        row.account_id,
        goal=play.goal,
        since=run.started_at,
        user_id=run.user_id or (around.signal.user_id if around.signal else ""),
    ):
        raise _End("cancelled", "the goal was reached before it was sent")


def _not_suppressed(runtime: Runtime, row: Delivery, known: Known) -> None:
    if row.channel == "email" and recipient_hash(runtime, row) in known.suppressed:
        raise _End("suppressed", UNREACHABLE)


def _endpoint_takes(session: Session, runtime: Runtime, row: Delivery, known: Known, now: datetime) -> None:
    """The last check but one: it may make this message the one that tries whether the endpoint is back, and it
    takes a slot of the recipient's mail domain."""
    if row.channel == "email":
        full = known.slots.take(row, known.policies[row.release], now)
        if full is not None:
            raise _Hold(*full)
        return
    turn = _turn(session, row, known, now) if row.channel == "chat" else None
    endpoint = known.endpoints.get((row.channel, row.recipient))
    if row.channel == "chat" and not (
        runtime.chat and runtime.chat.can_post(endpoint.address if endpoint else "")
    ):
        raise _Hold(now + NO_CHANNEL, NO_ADDRESS, keep=KEPT)
    wait = wait_until(session, endpoint, now)
    if wait is not None:
        raise _Hold(*wait, keep=KEPT)
    if turn is not None:
        turn.take()


def _turn(session: Session, row: Delivery, known: Known, now: datetime) -> chat_turn.Turn:
    account = known.around[row.id].account
    room = chat_turn.room_of(known.policies[row.release], row, account.traits if account else {})
    turn = chat_turn.Turn(session, row.workspace_id, room, now)
    if turn.until is not None:
        raise _Hold(turn.until, chat_turn.WAITS)
    return turn


def _attention(row: Delivery, around: Surroundings, known: Known, now: datetime) -> None:
    """The standing holdout, the person's own word, quiet hours where they are, and the budget right now."""
    policy = known.policies[row.release]
    if held_out_of_all(row.account_id or row.user_id, policy.holdout_percent):
        raise _End("cancelled", "the account is in the standing holdout")
    _allowed(row, known)
    tz = zone_of((around.person.timezone if around.person else None) or around.workspace.timezone)
    until = quiet_until(now, policy.quiet_hours, tz)
    if until is not None:
        raise _Hold(until, "quiet hours where the person is")
    _not_too_often(row, known, policy, now)
    used = spent(
        policy,
        person=known.touches(known.of_people.get(row.user_id), row),
        account=known.touches(known.of_accounts.get(row.account_id), row),
        kind=row.kind,
        channel=row.channel,
        now=now,
    )
    if used is not None:
        what = (
            "the minimum gap between two touches" if used.limit == "min_gap" else f"{used.used} of {used.max}"
        )
        raise _Hold(used.free_at, f"attention budget of the {used.scope}: {what}")


def _allowed(row: Delivery, known: Known) -> None:
    if row.channel != "email":
        return
    why = refusal(known.answers.get(row.user_id, ()), known.policies[row.release], row.play, row.template)
    if why:
        raise _End("suppressed", why)


def _not_too_often(row: Delivery, known: Known, policy: Policy, now: datetime) -> None:
    """E-mails of one play to one person."""
    rule = policy.play_emails
    if rule is None or not row.play or row.channel != "email":
        return
    window = timedelta(seconds=rule.per_seconds)
    sent = sorted(
        touch.seen.at
        for touch in known.of_people.get(row.user_id, ())
        if touch.play == row.play
        and touch.seen.channel == "email"
        and touch.seen.at > now - window
        and touch.id != f"delivery:{row.id}"
    )
    if len(sent) >= rule.max:
        free_at = sent[-rule.max] + window if rule.max else now + window
        raise _Hold(free_at, f"e-mails of this play to this person: {len(sent)} of {rule.max}")
