"""The facts about a person in an account, as conditions and templates read them, and the history beside them.

Values are nested plain documents: `facts["usage"]["report_export"]["count_28d"]`. What nobody has done yet
reads as zero or false; what is not known is missing. An unknown person or account is no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain import facts as catalogue
from waypost_server.domain.adoption import FACTS
from waypost_server.domain.budget import longest_window
from waypost_server.domain.compiled import CompiledRelease, goal_paths
from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import Milestone
from waypost_server.domain.history import CLAIM_LASTS, History
from waypost_server.domain.journey import phase_at
from waypost_server.domain.local_day import day_of
from waypost_server.domain.page import Page
from waypost_server.services.classify import classify
from waypost_server.services.nudge_facts import lay_nudges, lay_surveys
from waypost_server.services.past import Parts, history_of
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.services.usage_facts import days_since, lay_usage
from waypost_server.store import fact_stamp
from waypost_server.store import facts as store
from waypost_server.store.database import Database
from waypost_server.store.facts import Subject, Wanted

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. `account_id` is the account meant ('' = none); `member` whether the person is in it."""

    values: Values
    history: History
    account_id: str
    member: bool
    now: datetime
    today: date
    zone: tzinfo


def facts_for(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    user_id: str,
    account_id: str | None,
    release: LiveRelease,
    *,
    paths: frozenset[str] | None = None,
) -> Facts:
    """Facts and history inside the session's transaction.

    `account_id` None means the account the person was last seen in. `paths` are the facts to load; without
    it those the release's nudges read.
    """
    zone = runtime.releases.standing(session, workspace_id).zone
    subject = subject_of(runtime, workspace_id, user_id, account_id, zone)
    connection = session.connection()
    parts = store.load(
        lambda statement, values: connection.exec_driver_sql(statement, values).one(),
        runtime.db.is_sqlite,
        wanted(release, paths),
        subject,
    )
    return build(parts, subject, release, zone, paths=paths)


@dataclass(slots=True)
class Glimpse:
    """A look at one person, on a connection of its own: the hot path of decide. Reads when asked."""

    db: Database
    subject: Subject
    release: LiveRelease
    zone: tzinfo
    _answer: bytes | str | None = None

    def stamp(self) -> Any:
        """Equal stamps mean that nothing a decision looks at was written in between.

        Taken before the facts, so that a write between the two makes the stamp old and never the facts. On
        SQLite, where a statement costs no round trip, the facts as they came stand for themselves.
        """
        if self.db.is_sqlite:
            return self._read()
        return fact_stamp.read(self.db.glance, wanted(self.release, None), self.subject)

    def facts(self) -> Facts:
        """The facts and the history, in one statement."""
        parts = store.parsed(self._read(), self.db.is_sqlite, wanted(self.release, None), self.subject)
        return build(parts, self.subject, self.release, self.zone)

    def _read(self) -> bytes | str:
        if self._answer is None:
            needs = wanted(self.release, None)
            self._answer = store.read(self.db.glance, self.db.is_sqlite, needs, self.subject)
        return self._answer


def on_page(facts: Facts, page: Page | None) -> Facts:
    """The same, seen from a page; without one the facts of the page stay unknown."""
    if page is not None:
        facts.values["page"] = dict(page)
    return facts


def glance(
    runtime: Runtime, workspace_id: str, user_id: str, account_id: str | None, release: LiveRelease
) -> Glimpse:
    """As `facts_for`, without a session, when asked."""
    zone = runtime.releases.glance(runtime.db, workspace_id).zone
    subject = subject_of(runtime, workspace_id, user_id, account_id, zone)
    return Glimpse(runtime.db, subject, release, zone)


def account_facts(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    account_id: str,
    release: LiveRelease,
    *,
    paths: frozenset[str] | None = None,
) -> Values:
    """Facts about an account alone, for conditions of plays, segments and motions.

    `paths` are the facts to load; without it those that plays read.
    """
    chosen = play_paths(release) if paths is None else paths
    return facts_for(session, runtime, workspace_id, "", account_id, release, paths=chosen).values


def play_paths(release: LiveRelease) -> frozenset[str]:
    """The facts that the plays' audiences and goals read."""
    found: set[str] = set()
    for play in release.definitions.plays:
        found |= compile_condition(play.audience).paths | goal_paths(play.goal)
    return frozenset(found)


def wanted(release: LiveRelease, paths: frozenset[str] | None) -> Wanted:
    """What the store must read for a release, or for certain facts alone (then no more history than they need)."""
    return _wanted_by_nudges(release) if paths is None else _wanted_by_paths(release, paths)


@lru_cache(maxsize=64)
def _wanted_by_nudges(release: LiveRelease) -> Wanted:
    return _wanted(release.compiled.paths, release.compiled, history=True)


@lru_cache(maxsize=256)
def _wanted_by_paths(release: LiveRelease, paths: frozenset[str]) -> Wanted:
    history = any(path.startswith("nudge.") for path in paths)
    return _wanted(paths, release.compiled, history=history)


def _wanted(paths: frozenset[str], compiled: CompiledRelease, *, history: bool) -> Wanted:
    policy = compiled.definitions.policy
    needs = catalogue.required(paths)
    return Wanted(
        usage=tuple(sorted(needs.usage)),
        usage_windows=_sorted(needs.usage_windows, -2),
        usage_fields=_sorted(needs.usage_windows, -1),
        account_usage=tuple(sorted(needs.account_usage)),
        account_windows=_sorted(needs.account_windows, -2),
        account_fields=_sorted(needs.account_windows, -1),
        role_windows=_sorted(needs.role_windows, -2),
        role_fields=_sorted(needs.role_windows, -1),
        roles=tuple(sorted({key[0] for key in needs.role_windows})),
        role_users=needs.role_users,
        milestones=tuple(sorted(needs.milestones)),
        signals=tuple(sorted(needs.signals)),
        nudges=tuple(sorted(needs.nudges)) if history else (),
        variants=tuple(sorted(needs.variants)),
        surveys=_sorted(needs.surveys, 0),
        survey_questions=_sorted(needs.surveys, 1),
        account_users=needs.account_users,
        adoption=needs.adoption,
        peers=needs.peers,
        owner="account.owner" in paths,
        history=history,
        grants=history and any(each.nudge.from_play for each in compiled.nudges),
        counted_goals=any(each.nudge.goal and each.nudge.goal.feature for each in compiled.nudges),
        windows=compiled.windows if history else (),
        person_seconds=int(longest_window(policy, "person").total_seconds()),
        account_caps=tuple(
            store.AccountCap(cap.max, cap.per_seconds, cap.kinds, cap.channels)
            for cap in policy.caps
            if cap.scope == "account"
        ),
        week_features=tuple(sorted(compiled.week_features)) if history else (),
        awaited=tuple(sorted(compiled.awaited)) if history else (),
    )


def _sorted(keys: frozenset[tuple[str, ...]], place: int) -> tuple[str, ...]:
    return tuple(sorted({key[place] for key in keys}))


def subject_of(
    runtime: Runtime, workspace_id: str, user_id: str, account_id: str | None, zone: tzinfo
) -> Subject:
    """Whom to read, as of now."""
    now = runtime.clock()
    return Subject(workspace_id, user_id, account_id, now, day_of(now, zone), CLAIM_LASTS)


# --- values ---------------------------------------------------------------------------------------
def build(
    parts: Parts,
    subject: Subject,
    release: LiveRelease,
    zone: tzinfo,
    *,
    paths: frozenset[str] | None = None,
) -> Facts:
    """Facts from the parts the store returned."""
    account_id = parts["account_id"][0]
    known = _blank(release, paths)
    role, member_since = parts["membership"] or (None, None)
    known["user"] = {**known.get("user", {}), **_user(parts, subject, role, member_since)}
    known["account"] = _account(parts, subject, account_id, release, known.get("account", {}))
    lay_usage(known, parts, wanted(release, paths), subject.today, zone)
    _lay_milestones(known, parts, subject, release, zone)
    if parts.get("peers"):
        known["peers"] = parts["peers"][0]
    _lay_signals(known, parts, subject, zone)
    lay_nudges(known, parts, subject, zone)
    lay_surveys(known, parts, subject, zone, release.definitions)
    history = history_of(parts, release.compiled.windows, subject.now) if "offers" in parts else History()
    _classify(known, release)
    is_member = parts["membership"] is not None
    return Facts(known, history, account_id, is_member, subject.now, subject.today, zone)


def about_person(
    parts: Parts, subject: Subject, release: LiveRelease, zone: tzinfo, paths: frozenset[str]
) -> Values:
    """The facts at `paths` about a person alone, from the parts of a row of `store.crowd_rows`."""
    known = _blank(release, paths)
    role, member_since = parts.get("membership") or (None, None)
    known["user"] = {**known.get("user", {}), **_user(parts, subject, role, member_since)}
    lay_usage(known, parts, wanted(release, paths), subject.today, zone)
    _lay_milestones(known, parts, subject, release, zone)
    lay_nudges(known, parts, subject, zone)
    return known


def _blank(release: LiveRelease, paths: frozenset[str] | None) -> Values:
    """A fresh copy of the facts of somebody who has done nothing."""
    blank = _blank_of(release, release.compiled.paths if paths is None else paths)
    return {family: dict(inner) for family, inner in blank.items()}


@lru_cache(maxsize=256)
def _blank_of(release: LiveRelease, paths: frozenset[str]) -> Values:
    return catalogue.blank(paths, release.definitions)


def _user(parts: Parts, subject: Subject, role: str | None, member_since: str | None) -> Values:
    email, name, locale, timezone, first_day, traits = parts.get("user") or (None,) * 6
    first = min(filter(None, (first_day, member_since)), default=None)
    return {
        **(traits or {}),
        **_present(email=email, name=name, locale=locale, timezone=timezone, role=role),
        "traits": traits or {},
        "id": subject.user_id,
        "days_since_first_seen": _days_since(first, subject.today) or 0,
    }


def _account(parts: Parts, subject: Subject, account_id: str, release: LiveRelease, blank: Values) -> Values:
    name, segment, motion, owner, first_day, renewal, traits = parts["account"] or (None,) * 7
    age = _days_since(first_day, subject.today) or 0
    found = {
        **blank,
        **(traits or {}),
        **_present(
            name=name or None,
            segment=segment,
            owner=owner,
            phase=phase_at(release.definitions.journey.phases, age),
        ),
        "motion": motion,
        "traits": traits or {},
        "id": account_id,
        "days_since_first_seen": age,
    }
    if renewal:
        found["renewal_in_days"] = (date.fromisoformat(renewal) - subject.today).days
    if "account_users" in parts:
        found["users"] = parts["account_users"][0]
    if parts.get("adoption"):
        found |= _present(**dict(zip(FACTS, parts["adoption"], strict=True)))
    return found


def _present(**values: Any) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _days_since(day: str | None, today: date) -> int | None:
    return (today - date.fromisoformat(day)).days if day else None


def _classify(known: Values, release: LiveRelease) -> None:
    """Segment and motion of an account that nobody classified yet, by the release's own rules."""
    account = known["account"]
    if account["motion"] is not None:
        return
    segment, motion = classify(release.definitions, known)
    account["motion"] = motion
    account.update(_present(segment=segment))


def _lay_milestones(
    known: Values, parts: Parts, subject: Subject, release: LiveRelease, zone: tzinfo
) -> None:
    wanted_keys = known.get("milestone")
    if not wanted_keys:
        return
    stored = {(row[0], row[1] != ""): row for row in parts.get("milestones") or ()}
    for milestone in release.definitions.journey.milestones:
        if milestone.key in wanted_keys:
            family = "user" if milestone.scope == "user" else "account"
            age = known[family]["days_since_first_seen"]
            row = stored.get((milestone.key, milestone.scope == "user"))
            state = _milestone(milestone, row, subject.today, zone, age)
            wanted_keys[milestone.key] = {**wanted_keys[milestone.key], **state}


def _milestone(milestone: Milestone, row: Any, today: date, zone: tzinfo, age: int) -> Values:
    """Progress by the steps of the release that asks, whatever the steps were when it was stored."""
    steps, reached_at = (row[2] or {}, row[3]) if row else ({}, None)
    reached = reached_at is not None
    done = sum(1 for step in milestone.steps if step.key in steps)
    total = len(milestone.steps)
    late = 0 if reached or milestone.due_days is None else max(0, age - milestone.due_days)
    state = {
        "reached": reached,
        "done": done,
        "total": total,
        "progress": 1 if reached else done / total if total else 0,
        "next_step": next((step.title for step in milestone.steps if step.key not in steps), None),
        "overdue": late > 0,
        "days_in": age,
        "days_overdue": late,
    }
    if reached_at is not None:
        state["days_since_reached"] = days_since(reached_at, today, zone)
    return state


def _lay_signals(known: Values, parts: Parts, subject: Subject, zone: tzinfo) -> None:
    signals = known.get("signal", {})
    for kind, severity, opened_at in parts.get("signals") or ():
        seen = signals.get(kind, {})
        if not seen.get("open") or severity > seen["severity"]:
            days = days_since(opened_at, subject.today, zone)
            signals[kind] = {"open": True, "severity": severity, "days_open": days}
