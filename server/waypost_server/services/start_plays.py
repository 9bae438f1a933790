"""Open signals, and start the plays that answer them. A signal nothing answers says why."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Definitions, Play
from waypost_server.domain.signals import Finding
from waypost_server.services.begin_run import Beginning, begin, mismatch, no_more
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.facts import account_facts
from waypost_server.services.join_task import join_task
from waypost_server.services.releases import LiveRelease
from waypost_server.services.role_evidence import with_roles
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_starts, signals, tasks
from waypost_server.store.play_starts import Starts
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

    starts: Starts
    tasks: dict[tuple[str, str], Task]


def open_signals(
    session: Session, runtime: Runtime, release: LiveRelease, openings: Sequence[Opening]
) -> None:
    """Write a signal per finding and start the plays that match it."""
    if not openings:
        return
    workspace_id = openings[0].account.workspace_id
    accounts = {each.account.id for each in openings}
    answering = {play.key for each in openings for play in _candidates(release.definitions, each.finding)}
    known = _Known(
        play_starts.of_accounts(session, workspace_id, accounts, answering),
        tasks.open_of_plays(session, workspace_id, accounts),
    )
    rows = []
    for opening in openings:
        signal_id = runtime.new_id()
        finding = with_roles(session, release, opening.account, opening.finding)
        opening = Opening(opening.account, opening.motion, finding)
        handling, reason = _answer(session, runtime, release, opening, signal_id=signal_id, known=known)
        rows.append(_row(opening, signal_id, handling, reason, runtime.clock()))
        log.info("signal.opened", extra={"signal": signal_id, "kind": finding.kind, "handling": handling})
    signals.add(session, rows)


def _row(opening: Opening, signal_id: str, handling: str, reason: str, now: datetime) -> dict[str, Any]:
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
        "handling": handling,
        "handling_reason": reason,
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
    finding, account = opening.finding, opening.account
    if finding.stale:
        return "none", finding.stale
    titles, joined, reasons = [], [], []
    facts: dict[str, Any] | None = None
    now, zone = runtime.clock(), runtime.releases.standing(session, account.workspace_id).zone
    beginning = Beginning(
        account.workspace_id, account.id, opening.motion, signal_id, {"kind": "signal"},
        finding.user_id, signal_id,
    )  # fmt: skip
    for play in _candidates(release.definitions, finding):
        if play.audience and facts is None:
            facts = account_facts(session, runtime, account.workspace_id, account.id, release)
        reason = _asks_for_else(play, finding) or mismatch(play, beginning, facts or {})
        task = known.tasks.get((account.id, play.key))
        if not reason and task is not None:
            _join(session, runtime, task, opening, signal_id)
            joined.append(f"Joined the open task: {task.title}")
            continue
        reason = reason or no_more(play, beginning, starts=known.starts, now=now, zone=zone)
        if reason:
            reasons.append(reason)
        elif begin(session, runtime, release, play, beginning, starts=known.starts):
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


def _asks_for_else(play: Play, finding: Finding) -> str:
    """Why the trigger does not mean this finding; '' when it does."""
    fields = {**finding.evidence, "severity": finding.severity, "kind": finding.kind}
    if play.on.where and not compiled(play.on.where).test(fields):
        return f"{play.title}: its trigger asks for something else."
    return ""
