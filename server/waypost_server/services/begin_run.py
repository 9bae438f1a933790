"""Begin a run of a play for a subject, whatever started it, or say why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Play
from waypost_server.domain.enrolment import used_up
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_runs
from waypost_server.store.play_starts import Starts


@dataclass(frozen=True, slots=True)
class Beginning:
    """For whom and why a play would start. The caller holds the account's row."""

    workspace_id: str
    account_id: str
    motion: str
    occurrence: str  # the same one starts a play once for a subject
    cause: Mapping[str, Any] = field(default_factory=dict)
    user_id: str = ""
    signal_id: str = ""


def hindrance(
    play: Play, beginning: Beginning, facts: Mapping[str, Any], *, starts: Starts, now: datetime, zone: tzinfo
) -> str:
    """Why the play does not start, in a sentence; '' when it does."""
    return mismatch(play, beginning, facts) or no_more(play, beginning, starts=starts, now=now, zone=zone)


def mismatch(play: Play, beginning: Beginning, facts: Mapping[str, Any]) -> str:
    """Why the play is not made for the subject; '' when it is. `facts` are read if it has an audience."""
    if play.audience and not compiled(play.audience).test(facts):
        return f"{play.title}: the {play.subject} is not in its audience."
    return no_steps(play, beginning.motion)


def no_steps(play: Play, motion: str) -> str:
    """Why the play has nothing to do for accounts served like this; '' when it has."""
    if play.branches.get(motion):
        return ""
    return f"{play.title}: it has no steps for {motion.replace('_', ' ')} accounts."


def no_more(play: Play, beginning: Beginning, *, starts: Starts, now: datetime, zone: tzinfo) -> str:
    """Why the play starts for nobody now, or no more for the subject; '' when it does. `zone` is the workspace's."""
    if play.is_paused or play.key in starts.paused:
        return paused(play)
    subject = beginning.user_id if play.subject == "user" else ""
    why = used_up(play.enrol, starts.times[(beginning.account_id, play.key, subject)], now, zone)
    return f"{play.title}: {why}" if why else ""


def paused(play: Play) -> str:
    """Said of a play that starts for nobody, by its own definition or because a person has paused it."""
    return f"{play.title}: it is paused{' by its definition' if play.is_paused else ''}."


def begin(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    play: Play,
    beginning: Beginning,
    *,
    starts: Starts,
) -> str | None:
    """Start the run, due at once; its id, or None when this occurrence has started it before."""
    now, run_id = runtime.clock(), runtime.new_id()
    new = play_runs.start(
        session,
        {
            "workspace_id": beginning.workspace_id,
            "id": run_id,
            "account_id": beginning.account_id,
            "user_id": beginning.user_id,
            "play": play.key,
            "release": release.number,
            "motion": beginning.motion,
            "signal_id": beginning.signal_id,
            "occurrence": beginning.occurrence,
            "cause": dict(beginning.cause),
            "state": "running",
            "due_at": now,
            "started_at": now,
        },
    )
    if new:
        starts.note(beginning.account_id, play.key, beginning.user_id, now)
    return run_id if new else None
