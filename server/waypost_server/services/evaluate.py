"""Look at the accounts that are due: signals opened and closed, play runs started.

An account is due when events touched it since its last evaluation, or when its next time-based look has
come. `evaluated` becomes the value `touched` had when it was claimed, so an event that arrives meanwhile
leaves the account due. One transaction writes a batch; each account's part of it carries its fence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Definitions
from waypost_server.domain.local_day import day_of, zone_of
from waypost_server.domain.next_step import NextStep, for_account, milestones_at
from waypost_server.domain.signals import decay
from waypost_server.domain.signals.judge import (
    AccountSeen,
    MilestoneSeen,
    SignalSeen,
    Verdict,
    first_week,
    judge,
)
from waypost_server.services import adoption
from waypost_server.services.adoption import Scored
from waypost_server.services.classify_account import classify_row
from waypost_server.services.compare_peers import compare_peers
from waypost_server.services.outage import spared
from waypost_server.services.peer_weeks import PeerWeeks
from waypost_server.services.releases import LiveRelease
from waypost_server.services.resolve_tasks import resolve_tasks
from waypost_server.services.role_evidence import with_roles
from waypost_server.services.runtime import Runtime
from waypost_server.services.start_plays import Opening, open_signals
from waypost_server.services.watch_conditions import Watched, watch
from waypost_server.store import due, milestone_reads, past_values, play_runs, signals, usage_weeks
from waypost_server.store.as_it_was import UNTOLD
from waypost_server.store.tables import Account, Workspace

log = logging.getLogger("waypost.evaluate")
BATCH = 50
CHANGES = 1_000  # signals that one transaction opens, closes or renews: others wait for its locks meanwhile
LEASE = timedelta(seconds=60)
UNPUBLISHED = timedelta(minutes=1)
KEPT_SIGNALS = timedelta(weeks=decay.REFRACTORY_WEEKS)
_peer_weeks = PeerWeeks()


@dataclass(frozen=True, slots=True)
class _Judged:
    account: Account
    segment: str | None
    motion: str
    verdict: Verdict
    scores: tuple[Scored, ...] = ()
    next_step: NextStep | None = None
    is_whole: bool = True  # False: more of its verdict follows in another transaction


def evaluate_due(runtime: Runtime, workspace_id: str, *, limit: int = BATCH) -> int:
    """Evaluate up to `limit` due accounts of a workspace; returns how many were claimed."""
    now, fence = runtime.clock(), runtime.new_id()
    with runtime.db.write() as session:
        accounts = due.claim_accounts(
            session, workspace_id, now=now, limit=limit, lease_until=now + LEASE, fence=fence
        )
    if not accounts:
        return 0
    runtime.fault("evaluate.claimed")
    with spared(runtime, accounts):
        with runtime.db.read() as session:
            release = runtime.releases.live(session, workspace_id)
            judged = _judge_all(session, runtime, release, accounts) if release else []
        if release is None:
            with runtime.db.write() as session:
                _nothing_published(session, accounts, fence, runtime.clock() + UNPUBLISHED)
        else:
            for part in _parts(judged):
                with runtime.db.write() as session:
                    _write(session, runtime, release, part, fence=fence)
    runtime.fault("evaluate.committed")
    if release is not None and len(accounts) < limit:  # all are classified: now they can be compared
        compare_peers(runtime, workspace_id)
    return len(accounts)


def _parts(judged: Iterable[_Judged]) -> Iterator[list[_Judged]]:
    """What is written in one transaction each. A worker that is killed between two leaves an account that is still
    due; whoever takes it up finds the rest."""
    part: list[_Judged] = []
    room = CHANGES
    for each in judged:
        while each.verdict.changes > room:
            first, rest = each.verdict.split(room)
            yield [*part, replace(each, verdict=first, is_whole=False)]
            each, part, room = replace(each, verdict=rest), [], CHANGES
        part.append(each)
        room -= each.verdict.changes
    if part:
        yield part


def _nothing_published(session: Session, accounts: list[Account], fence: str, again: datetime) -> None:
    """Without definitions there is nothing to judge; look again soon, there may be some then."""
    for account in accounts:
        values = {"evaluated": account.touched, "check_at": again}
        due.end_account_claim(session, account.workspace_id, account.id, fence=fence, values=values)


def _judge_all(
    session: Session, runtime: Runtime, release: LiveRelease, accounts: list[Account]
) -> list[_Judged]:
    """Read what the batch needs in a few queries, then judge each account by itself."""
    workspace_id = accounts[0].workspace_id
    now, definitions = runtime.clock(), release.definitions
    workspace = session.get_one(Workspace, workspace_id)
    tz = zone_of(workspace.timezone)
    seen = _read(session, workspace_id, definitions, accounts, now=now, tz=tz)
    core = _core_features(definitions)
    calendar = _peer_weeks.of(session, workspace_id, core, first_week(now, tz))
    judged = []
    for account in accounts:
        try:
            verdict = judge(seen[account.id], definitions, peers=calendar.peers, now=now, tz=tz)
            if calendar.again is not None:
                verdict = replace(verdict, check_at=min(verdict.check_at, now + calendar.again))
            segment, motion = classify_row(session, runtime, release, account, now=now, today=day_of(now, tz))
        except Exception:  # boundary: one account's data must not stop its neighbours
            log.exception("evaluate.failed", extra={"account": account.id})
            continue  # its claim stays counted; after five it is parked for a person to look at
        judged.append(_Judged(account, segment, motion, verdict))
    return _scored(session, definitions, judged, seen, today=day_of(now, tz))


def _scored(
    session: Session,
    definitions: Definitions,
    judged: list[_Judged],
    seen: dict[str, AccountSeen],
    *,
    today: date,
) -> list[_Judged]:
    """The same with scores of adoption and the next best step."""
    if not judged:
        return judged
    pairs = [(each.account, each.segment) for each in judged]
    workspace_id = judged[0].account.workspace_id
    scores: dict[str, list[Scored]] = {}
    for score in adoption.score(session, definitions.adoption, workspace_id, pairs, today=today):
        scores.setdefault(score.account_id, []).append(score)
    found = []
    for each in judged:
        own = scores.get(each.account.id, [])
        now = adoption.current(own, today).get(each.account.id)
        at = milestones_at(definitions, seen[each.account.id].milestones, user_id="")
        step = for_account(definitions, at, now)
        found.append(replace(each, scores=tuple(own), next_step=step))
    return found


def _core_features(definitions: Definitions) -> list[str]:
    """The features whose use counts as life; every feature when none is marked core."""
    features = definitions.catalog.features
    return [feature.key for feature in features if feature.core] or [feature.key for feature in features]


def _read(
    session: Session,
    workspace_id: str,
    definitions: Definitions,
    accounts: list[Account],
    *,
    now: datetime,
    tz: tzinfo,
) -> dict[str, AccountSeen]:
    ids = [account.id for account in accounts]
    states = milestone_reads.states(session, workspace_id, ids)
    per_user = any(m.scope == "user" and m.due_days is not None for m in definitions.journey.milestones)
    first_days = milestone_reads.first_days(session, workspace_id, ids) if per_user else {}
    core = _core_features(definitions)
    series = usage_weeks.weekly_user_days(
        session, workspace_id, core, first=first_week(now, tz), weeks=decay.WEEKS, accounts=ids
    )
    known = signals.recent(session, workspace_id, ids, since=now - KEPT_SIGNALS)
    return {
        account.id: AccountSeen(
            id=account.id,
            first_day=account.first_day,
            milestones=[
                MilestoneSeen(state.milestone, state.user_id, state.steps, state.reached_at)
                for state in states.get(account.id, ())
            ],
            user_first_days=first_days.get(account.id, {}),
            series=series.get(account.id, (0,) * decay.WEEKS),
            signals=[
                SignalSeen(s.id, s.kind, s.dedupe_key, s.state == "open", s.opened_at, s.evidence)
                for s in known.get(account.id, ())
            ],
        )
        for account in accounts
    }


def _write(
    session: Session, runtime: Runtime, release: LiveRelease, judged: list[_Judged], *, fence: str
) -> None:
    """Take the accounts' row locks first, and write only where the claim still holds."""
    now, workspace_id = runtime.clock(), judged[0].account.workspace_id
    ids = due.hold_accounts(session, workspace_id, [each.account.id for each in judged], fence=fence)
    held = [each for each in judged if each.account.id in ids]
    if not held:
        return
    whole = [each for each in held if each.is_whole]
    _end(session, runtime, release, whole, fence=fence)
    _change_signals(session, runtime, release, held)
    zone = runtime.releases.standing(session, workspace_id).zone
    watched = [Watched(each.account.id, each.motion, each.account.first_day) for each in whole]
    watch(session, runtime, release, workspace_id, watched, today=day_of(now, zone))


def _end(
    session: Session, runtime: Runtime, release: LiveRelease, judged: list[_Judged], *, fence: str
) -> None:
    """Write what is now known of the accounts, and give them back."""
    if not judged:
        return
    now, workspace_id = runtime.clock(), judged[0].account.workspace_id
    tomorrow = now + timedelta(days=1) if release.watching else None  # time alone may make a condition true
    found = [_evaluated(each, tomorrow) for each in judged]
    due.end_account_claims(session, workspace_id, found, fence=fence)
    before = {each.account.id: _changed(each.account, said) for each, said in zip(judged, found, strict=True)}
    past_values.keep_all(session, workspace_id, before, at=now)
    scores = [score for each in judged for score in each.scores]
    adoption.keep(session, runtime, release.definitions.adoption, workspace_id, scores)
    touched = [each.account.id for each in judged if each.account.touched > each.account.evaluated]
    play_runs.poke_waiting(session, workspace_id, touched, now=now)


def _change_signals(session: Session, runtime: Runtime, release: LiveRelease, judged: list[_Judged]) -> None:
    """Close what is over, renew what has changed, and open what is new."""
    now, workspace_id = runtime.clock(), judged[0].account.workspace_id
    closes = [change for each in judged for change in each.verdict.closes]
    closed = {
        signal_id: reason
        for signal_id, reason in closes
        if signals.close(session, workspace_id, signal_id, reason=reason, now=now)
    }
    for each in judged:
        for signal_id, newer in each.verdict.renews:
            finding = with_roles(session, release, each.account, newer)
            past_values.keep_severity(session, workspace_id, signal_id, severity=finding.severity, at=now)
            signals.refresh(
                session, workspace_id, signal_id, severity=finding.severity, evidence=finding.evidence
            )
    resolve_tasks(session, runtime, workspace_id, closed)
    openings = [
        Opening(each.account, each.motion, finding) for each in judged for finding in each.verdict.opens
    ]
    open_signals(session, runtime, release, openings)


def _evaluated(judged: _Judged, tomorrow: datetime | None) -> due.Evaluated:
    newest = max(judged.scores, key=lambda each: each.week, default=None)
    found, check_at = newest.assessment if newest else None, judged.verdict.check_at
    return due.Evaluated(
        id=judged.account.id,
        evaluated=judged.account.touched,
        check_at=min(check_at, tomorrow) if tomorrow else check_at,
        segment=judged.segment,
        motion=judged.motion,
        next_step=judged.next_step.title if judged.next_step else None,
        adoption=found.state if found else None,
        adoption_score=found.score if found else None,
        unmet_behaviours=len(found.unmet) if found else None,
    )


def _changed(account: Account, said: due.Evaluated) -> dict[str, Any]:
    """What no event tells of an account and now becomes something else, as it was: that is kept."""
    fields = (field for field in UNTOLD if field in due.Evaluated._fields)
    return {
        field: getattr(account, field) for field in fields if getattr(account, field) != getattr(said, field)
    }
