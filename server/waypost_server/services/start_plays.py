"""Open signals, and start the plays that answer them. A signal nothing answers says why."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Definitions, Play
from waypost_server.domain.signals import Finding
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.facts import account_facts
from waypost_server.services.join_task import join_task
from waypost_server.services.releases import LiveRelease
from waypost_server.services.role_evidence import with_roles
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_runs, signals, tasks
from waypost_server.store.tables import Account, Task

log = logging.getLogger("waypost.plays")


@dataclass(frozen=True, slots=True)
class Opening:
    """A finding about an account whose claim we hold."""

    account: Account
    motion: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Known:
    """By account and play: when it last started, and the task of it that is open."""

    started: dict[tuple[str, str], datetime]
    tasks: dict[tuple[str, str], Task]


def open_signals(
    session: Session, runtime: Runtime, release: LiveRelease, openings: Sequence[Opening]
) -> None:
    """Write a signal per finding and start the plays that match it."""
    if not openings:
        return
    workspace_id = openings[0].account.workspace_id
    accounts = {each.account.id for each in openings}
    known = _Known(
        play_runs.last_started(session, workspace_id, accounts),
        tasks.open_of_plays(session, workspace_id, accounts),
    )
    for opening in openings:
        signal_id = runtime.new_id()
        finding = with_roles(session, release, opening.account, opening.finding)
        opening = Opening(opening.account, opening.motion, finding)
        values = _signal_values(opening, signal_id, runtime.clock())
        signals.add(session, values)
        handling, reason = _answer(session, runtime, release, opening, signal_id=signal_id, known=known)
        signals.handle(session, workspace_id, signal_id, handling=handling, reason=reason)
        log.info("signal.opened", extra={"signal": signal_id, "kind": finding.kind, "handling": handling})


def _signal_values(opening: Opening, signal_id: str, now: datetime) -> dict[str, Any]:
    finding = opening.finding
    return {
        "workspace_id": opening.account.workspace_id,
        "id": signal_id,
        "account_id": opening.account.id,
        "user_id": finding.user_id,
        "kind": finding.kind,
        "dedupe_key": finding.dedupe_key,
        "state": "open",
        "severity": finding.severity,
        "evidence": dict(finding.evidence),
        "since": finding.since,
        "opened_at": now,
        "handling": "none",
        "handling_reason": "",
    }


def _answer(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    opening: Opening,
    *,
    signal_id: str,
    known: _Known,
) -> tuple[str, str]:
    """Start what matches; ("run", titles), ("task", what it joined) or ("none", why)."""
    if opening.finding.stale:
        return "none", opening.finding.stale
    titles, joined, reasons = [], [], []
    facts: dict[str, Any] | None = None
    for play in _candidates(release.definitions, opening.finding):
        if play.audience and facts is None:
            facts = account_facts(session, runtime, opening.account.workspace_id, opening.account.id, release)
        reason = _mismatch(play, opening, facts or {})
        task = known.tasks.get((opening.account.id, play.key))
        if not reason and task is not None:
            _join(session, runtime, task, opening, signal_id)
            joined.append(f"Joined the open task: {task.title}")
            continue
        reason = reason or _too_soon(play, known.started.get((opening.account.id, play.key)), runtime.clock())
        if reason:
            reasons.append(reason)
        elif _start(session, runtime, release, opening, play=play, signal_id=signal_id):
            known.started[(opening.account.id, play.key)] = runtime.clock()
            titles.append(play.title)
    if titles:
        return "run", ", ".join(titles)
    if joined:
        return "task", ". ".join(joined)
    return "none", " ".join(reasons) or "No play answers this signal."


def _candidates(definitions: Definitions, finding: Finding) -> list[Play]:
    return [
        play
        for play in definitions.plays
        if play.on.signal == finding.kind and play.on.milestone in (None, finding.milestone)
    ]


def _join(session: Session, runtime: Runtime, task: Task, opening: Opening, signal_id: str) -> None:
    words, severity = str(opening.finding.evidence.get("words", "")), opening.finding.severity
    join_task(session, runtime, task, signal_id=signal_id, severity=severity, words=words)


def _mismatch(play: Play, opening: Opening, facts: Mapping[str, Any]) -> str:
    """Why this play is not made for the signal; '' when it is."""
    finding = opening.finding
    fields = {**finding.evidence, "severity": finding.severity, "kind": finding.kind}
    if play.on.where and not compiled(play.on.where).test(fields):
        return f"{play.title}: its trigger asks for something else."
    if play.audience and not compiled(play.audience).test(facts):
        return f"{play.title}: the account is not in its audience."
    if not play.branches.get(opening.motion):
        return f"{play.title}: it has no steps for {opening.motion.replace('_', ' ')} accounts."
    return ""


def _too_soon(play: Play, last: datetime | None, now: datetime) -> str:
    """Why it does not run again yet; '' when it may."""
    if last is not None and now - last < timedelta(days=play.every_days):
        return (
            f"{play.title}: it last ran on {last:%Y-%m-%d}, and runs at most every {play.every_days:g} days."
        )
    return ""


def _start(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    opening: Opening,
    *,
    play: Play,
    signal_id: str,
) -> bool:
    now = runtime.clock()
    return play_runs.start(
        session,
        {
            "workspace_id": opening.account.workspace_id,
            "id": runtime.new_id(),
            "account_id": opening.account.id,
            "play": play.key,
            "release": release.number,
            "motion": opening.motion,
            "signal_id": signal_id,
            "occurrence": signal_id,
            "state": "running",
            "due_at": now,
            "started_at": now,
        },
    )
