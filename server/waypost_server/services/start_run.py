"""A person starts a play for an account or a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Play
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.local_day import day_of
from waypost_server.services import named_account
from waypost_server.services.begin_run import Beginning, begin, hindrance, no_steps, paused
from waypost_server.services.classify_account import classify_row
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.facts import facts_for
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, memberships, play_runs, play_starts
from waypost_server.store.play_starts import Starts
from waypost_server.store.tables import Account, PlayRun


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for. The same `occurrence` twice is one run; `anyway` passes over audience and limit."""

    play: str
    account_id: str
    user_id: str = ""
    occurrence: str = ""
    anyway: bool = False
    actor: str = ""  # who asks, as the audit names them


def start_run(runtime: Runtime, workspace_id: str, wish: Wish) -> PlayRun:
    """Start the play now; the run, or the one that this occurrence started before.

    Raises NotFoundError for a play, account or user that is not there, BadInputError for a play about users
    without one, and ConflictError (`not_started`) with the reason when it may not start.
    """
    with runtime.db.write() as session:
        release, play = _play(session, runtime, workspace_id, wish.play)
        account = named_account.locked(session, workspace_id, wish.account_id)
        _check_user(session, workspace_id, play, wish)
        occurrence = f"person:{wish.occurrence or runtime.new_id()}"
        beginning = _beginning(session, runtime, release, account, wish, occurrence)
        before = play_runs.of_occurrence(
            session, workspace_id, account.id, play.key, wish.user_id, occurrence
        )
        if before is not None:
            return before
        starts = play_starts.of_accounts(session, workspace_id, {account.id}, {play.key})
        _refuse(session, runtime, release, play, beginning, starts, anyway=wish.anyway)
        run_id = begin(session, runtime, release, play, beginning, starts=starts)
        run = session.get_one(PlayRun, (workspace_id, run_id))
        entry = audit.Entry(
            runtime.new_id(),
            runtime.clock(),
            wish.actor,
            "run.started",
            f"run:{run.id}",
            after={"play": play.key, "account": account.id, "anyway": wish.anyway},
        )
        audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()
    return run


def _play(session: Session, runtime: Runtime, workspace_id: str, key: str) -> tuple[LiveRelease, Play]:
    release = runtime.releases.live(session, workspace_id)
    play = release.plays.get(key) if release else None
    if release is None or play is None:
        raise NotFoundError("There is no such play.")
    return release, play


def _check_user(session: Session, workspace_id: str, play: Play, wish: Wish) -> None:
    if not wish.user_id:
        if play.subject == "user":
            raise BadInputError(f"{play.title} is about a user: name one.", code="user_required")
        return
    pair = (wish.account_id, wish.user_id)
    if pair not in memberships.existing(session, workspace_id, {pair}):
        raise NotFoundError("There is no such user in this account.")


def _beginning(
    session: Session, runtime: Runtime, release: LiveRelease, account: Account, wish: Wish, occurrence: str
) -> Beginning:
    motion = account.motion
    if motion is None:  # it has not been looked at yet
        zone = runtime.releases.standing(session, account.workspace_id).zone
        now = runtime.clock()
        motion = classify_row(session, runtime, release, account, now=now, today=day_of(now, zone))[1]
    cause: dict[str, Any] = {"kind": "person", "actor": wish.actor}
    return Beginning(account.workspace_id, account.id, motion, occurrence, cause, wish.user_id)


def _refuse(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    play: Play,
    beginning: Beginning,
    starts: Starts,
    *,
    anyway: bool,
) -> None:
    if anyway:
        reason = no_steps(play, beginning.motion)
        if play.is_paused or play.key in starts.paused:
            reason = paused(play)
    else:
        found = facts_for(
            session, runtime, beginning.workspace_id, beginning.user_id, beginning.account_id, release,
            paths=compiled(play.audience).paths,
        )  # fmt: skip
        now, zone = runtime.clock(), runtime.releases.standing(session, beginning.workspace_id).zone
        reason = hindrance(play, beginning, found.values, starts=starts, now=now, zone=zone)
    if reason:
        raise ConflictError(reason, code="not_started")
