"""A person's word about how an account is served: set for a while, taken back, and over by itself.

Everything that reads an account's motion sees the new one with the commit. A worker that judged the account
by the old one loses its claim, and runs that wait look again at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError
from waypost_server.domain.local_day import day_of, zone_of
from waypost_server.domain.motion import motions_of
from waypost_server.services import named_account, named_person
from waypost_server.services.classify_account import classify_row
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, motion_overrides, past_values, play_runs
from waypost_server.store.tables import Account, MotionOverride, Workspace

log = logging.getLogger("waypost.motion")
REASON = 300  # characters
LONGEST = timedelta(days=366)
AT_ONCE = 500  # ended in one sweep


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says. `person` is a console user's id; `via` how it came in, when not by the console."""

    motion: str
    until: datetime
    reason: str
    person: str
    via: str = ""


def set_motion(runtime: Runtime, workspace_id: str, account_id: str, word: Word) -> MotionOverride:
    """From now until `word.until` the account has this motion. What was set before is replaced.

    Raises NotFoundError for the account, BadInputError for everything else that cannot be.
    """
    now = runtime.clock()
    reason = _checked(word, now)
    with runtime.db.write() as session:
        account = named_account.locked(session, workspace_id, account_id)
        person = named_person.of_id(session, workspace_id, word.person).id
        _known_motion(session, runtime, workspace_id, word.motion)
        before = motion_overrides.end(
            session, workspace_id, account_id, how="replaced", person=person, at=now
        )
        values = {"motion": word.motion, "until": word.until, "reason": reason, "person": person}
        key = {"workspace_id": workspace_id, "account_id": account_id, "id": runtime.new_id()}
        motion_overrides.add(session, {**key, **values, "set_at": now})
        _apply(session, account, motion=word.motion, word=word.motion, until=word.until, now=now)
        after = {"motion": word.motion, "until": word.until.isoformat(), "reason": reason, "via": word.via}
        was = {"motion": account.motion, "set": before.motion if before else None}
        _audit(session, runtime, account, actor=person, action="motion.set", before=was, after=after)
        standing = motion_overrides.standing(session, workspace_id, account_id)
        assert standing is not None
    runtime.doorbell.ring()
    return standing


def withdraw_motion(
    runtime: Runtime, workspace_id: str, account_id: str, *, person: str, via: str = ""
) -> str | None:
    """Back to the rule's motion, which is returned. Raises NotFoundError, and ConflictError when none is set."""
    now = runtime.clock()
    with runtime.db.write() as session:
        account = named_account.locked(session, workspace_id, account_id)
        who = named_person.of_id(session, workspace_id, person).id
        over = motion_overrides.end(session, workspace_id, account_id, how="withdrawn", person=who, at=now)
        if over is None:
            raise ConflictError("Nobody has set this account's motion: it follows the rule already.")
        motion = _by_rule(session, runtime, account, over, actor=who, action="motion.withdrawn", via=via)
    runtime.doorbell.ring()
    return motion


def expire(runtime: Runtime) -> int:
    """End what has had its time, in every workspace; returns how many. Safe to repeat at any time."""
    now = runtime.clock()
    with runtime.db.read() as session:
        over = motion_overrides.expired(session, now=now, limit=AT_ONCE)
    for workspace_id, account_id in over:
        with runtime.db.write() as session:
            account = named_account.locked(session, workspace_id, account_id)
            ended = motion_overrides.end(
                session, workspace_id, account_id, how="expired", person=None, at=now, only_expired=True
            )
            if ended is not None:  # another worker may have been first
                _by_rule(session, runtime, account, ended, actor="waypost", action="motion.expired")
    if over:
        log.info("motion.expired", extra={"accounts": len(over)})
    return len(over)


def _checked(word: Word, now: datetime) -> str:
    reason = word.reason.replace("\x00", "").strip()[:REASON]
    if not reason:
        raise BadInputError(
            "Say in a few words why the account is served differently.", code="reason_required"
        )
    if not now < word.until <= now + LONGEST:
        raise BadInputError("Choose an end in the future, within a year.", code="bad_until")
    return reason


def _known_motion(session: Session, runtime: Runtime, workspace_id: str, motion: str) -> None:
    release = runtime.releases.live(session, workspace_id)
    if release is None:
        raise ConflictError("Publish a catalogue first: it says which motions there are.")
    known = motions_of(release.definitions.catalog)
    if motion not in known:
        raise BadInputError(f"There is no motion {motion}. There are: {', '.join(known)}.", code="bad_motion")


def _by_rule(
    session: Session,
    runtime: Runtime,
    account: Account,
    over: MotionOverride,
    *,
    actor: str,
    action: str,
    via: str = "",
) -> str | None:
    """The motion that the catalogue's rule gives, in force from now on."""
    now, workspace_id = runtime.clock(), account.workspace_id
    account.motion_set = account.motion_until = None
    session.flush()
    release = runtime.releases.live(session, workspace_id)
    motion: str | None = None
    if release is not None:
        tz = zone_of(session.get_one(Workspace, workspace_id).timezone)
        _, motion = classify_row(session, runtime, release, account, now=now, today=day_of(now, tz))
    was, after = {"motion": account.motion, "reason": over.reason}, {"motion": motion, "via": via}
    _apply(session, account, motion=motion, word=None, until=None, now=now)
    _audit(session, runtime, account, actor=actor, action=action, before=was, after=after)
    return motion


def _apply(
    session: Session,
    account: Account,
    *,
    motion: str | None,
    word: str | None,
    until: datetime | None,
    now: datetime,
) -> None:
    if motion != account.motion:
        past_values.keep(session, account.workspace_id, account.id, {"motion": account.motion}, at=now)
    motion_overrides.apply(
        session, account.workspace_id, account.id, motion=motion, word=word, until=until, now=now
    )
    play_runs.poke_waiting(session, account.workspace_id, {account.id}, now=now)


def _audit(
    session: Session,
    runtime: Runtime,
    account: Account,
    *,
    actor: str,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    entry = audit.Entry(
        runtime.new_id(), runtime.clock(), actor, action, f"account:{account.id}", before=before, after=after
    )
    audit.append(session, account.workspace_id, entry)
