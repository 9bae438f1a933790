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
from waypost_server.services.releases import LiveRelease
from waypost_server.services.role_evidence import with_roles
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_runs, signals
from waypost_server.store.tables import Account

log = logging.getLogger("waypost.plays")


@dataclass(frozen=True, slots=True)
class Opening:
    """A finding about an account whose claim we hold."""

    account: Account
    motion: str
    finding: Finding


def open_signals(
    session: Session, runtime: Runtime, release: LiveRelease, openings: Sequence[Opening]
) -> None:
    """Write a signal per finding and start the plays that match it."""
    if not openings:
        return
    workspace_id = openings[0].account.workspace_id
    started = play_runs.last_started(session, workspace_id, {each.account.id for each in openings})
    for opening in openings:
        signal_id = runtime.new_id()
        finding = with_roles(session, release, opening.account, opening.finding)
        opening = Opening(opening.account, opening.motion, finding)
        values = _signal_values(opening, signal_id, runtime.clock())
        signals.add(session, values)
        handling, reason = _answer(session, runtime, release, opening, signal_id=signal_id, started=started)
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
    started: dict[tuple[str, str], datetime],
) -> tuple[str, str]:
    """Start what matches; ("run", titles) or ("none", why)."""
    if opening.finding.stale:
        return "none", opening.finding.stale
    titles, reasons = [], []
    facts: dict[str, Any] | None = None
    for play in _candidates(release.definitions, opening.finding):
        if play.audience and facts is None:
            facts = account_facts(session, runtime, opening.account.workspace_id, opening.account.id, release)
        reason = _hindrance(play, opening, facts or {}, started=started, now=runtime.clock())
        if reason:
            reasons.append(reason)
        elif _start(session, runtime, release, opening, play=play, signal_id=signal_id):
            started[(opening.account.id, play.key)] = runtime.clock()
            titles.append(play.title)
    if titles:
        return "run", ", ".join(titles)
    return "none", " ".join(reasons) or "No play answers this signal."


def _candidates(definitions: Definitions, finding: Finding) -> list[Play]:
    return [
        play
        for play in definitions.plays
        if play.on.signal == finding.kind and play.on.milestone in (None, finding.milestone)
    ]


def _hindrance(
    play: Play,
    opening: Opening,
    facts: Mapping[str, Any],
    *,
    started: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> str:
    """Why this play does not answer; '' when it does."""
    finding = opening.finding
    fields = {**finding.evidence, "severity": finding.severity, "kind": finding.kind}
    if play.on.where and not compiled(play.on.where).test(fields):
        return f"{play.title}: its trigger asks for something else."
    if play.audience and not compiled(play.audience).test(facts):
        return f"{play.title}: the account is not in its audience."
    if not play.branches.get(opening.motion):
        return f"{play.title}: it has no steps for {opening.motion.replace('_', ' ')} accounts."
    last = started.get((opening.account.id, play.key))
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
