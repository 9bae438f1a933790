"""Start the plays whose condition has become true for an account, or for a user of it.

Becoming true is the step from "does not hold" to "holds" between two looks. At the first look at an account
that has been there for a while nobody knows what it was before, so that look only remembers; a new account,
and a person who is new in an account looked at before, held nothing before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Play
from waypost_server.services.begin_run import Beginning, begin, hindrance
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.population import Population
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_starts, play_watch
from waypost_server.store.play_watch import Seen

NEW_DAYS = 3  # an account first seen within them is new
ALREADY = "It was true already when this play was first looked at."


@dataclass(frozen=True, slots=True)
class Watched:
    """An account whose row we hold, classified."""

    id: str
    motion: str
    first_day: date | None


@dataclass(slots=True)
class _Look:
    """What one batch of accounts reads and writes."""

    session: Session
    runtime: Runtime
    release: LiveRelease
    workspace_id: str
    now: datetime
    today: date
    known: Mapping[tuple[str, str], Mapping[str, Seen]]
    starts: play_starts.Starts
    seen: list[Seen] = field(default_factory=list)
    gone: list[tuple[str, str, str]] = field(default_factory=list)


def watch(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    workspace_id: str,
    accounts: Sequence[Watched],
    *,
    today: date,
) -> None:
    """Look at every such play for these accounts, whose rows the caller holds; remember, and start runs."""
    plays = release.watching
    if not plays or not accounts:
        return
    ids = [each.id for each in accounts]
    look = _Look(
        session,
        runtime,
        release,
        workspace_id,
        runtime.clock(),
        today,
        play_watch.of_accounts(session, workspace_id, ids),
        play_starts.of_accounts(session, workspace_id, ids, [play.key for play in plays]),
    )
    facts = _facts(look, plays, ids)
    for account in accounts:
        for play in plays:
            _one(look, play, account, facts[play.subject].get(account.id, {}))
    play_watch.write(session, workspace_id, look.seen)
    play_watch.forget(session, workspace_id, look.gone)


def rule_of(play: Play) -> str:
    """A short digest of the condition that starts the play."""
    text = json.dumps(play.on.condition, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _facts(
    look: _Look, plays: Sequence[Play], ids: Sequence[str]
) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Subject → account → user → facts; an account's own stand under user ''."""
    people = Population(look.session, look.runtime, look.workspace_id, look.release)
    paths = {
        subject: frozenset[str]().union(*(_paths(play) for play in plays if play.subject == subject))
        for subject in ("account", "user")
    }
    found: dict[str, dict[str, dict[str, dict[str, Any]]]] = {"account": {}, "user": {}}
    if paths["account"]:
        for account_id, values in people.account_facts(ids, paths["account"]).items():
            found["account"][account_id] = {"": values}
    if paths["user"]:
        members = play_watch.members(look.session, look.workspace_id, ids)
        for (account_id, user_id), values in people.built(members, paths["user"]):
            found["user"].setdefault(account_id, {})[user_id] = values
    return found


def _paths(play: Play) -> frozenset[str]:
    return compiled(play.on.condition or {}).paths | compiled(play.audience).paths


def _one(look: _Look, play: Play, account: Watched, facts: Mapping[str, dict[str, Any]]) -> None:
    rule, known = rule_of(play), look.known.get((account.id, play.key), {})
    mark = known.get("")
    is_new = account.first_day is not None and (look.today - account.first_day) <= timedelta(days=NEW_DAYS)
    first_look = (mark is None and not is_new) or (mark is not None and mark.rule != rule)
    condition = compiled(play.on.condition or {})
    for user_id, values in facts.items():
        before = known.get(user_id)
        held = before is not None and before.holds and before.rule == rule
        if condition.test(values):
            if not held:
                reason = ALREADY if first_look else _start(look, play, account, user_id, values)
                look.seen.append(Seen(account.id, play.key, user_id, rule, True, look.now, reason))
        elif user_id and before is not None:
            look.gone.append((account.id, play.key, user_id))
        elif not user_id and (mark is None or mark.holds or mark.rule != rule):
            look.seen.append(Seen(account.id, play.key, "", rule, False, look.now, ""))
    if play.subject == "user" and (mark is None or mark.rule != rule):
        look.seen.append(Seen(account.id, play.key, "", rule, False, look.now, ""))


def _start(look: _Look, play: Play, account: Watched, user_id: str, facts: Mapping[str, Any]) -> str:
    """Start the play; why not, if it does not."""
    beginning = Beginning(
        look.workspace_id,
        account.id,
        account.motion,
        occurrence=f"true:{look.now.isoformat()}",
        cause={"kind": "condition"},
        user_id=user_id,
    )
    zone = look.runtime.releases.standing(look.session, look.workspace_id).zone
    reason = hindrance(play, beginning, facts, starts=look.starts, now=look.now, zone=zone)
    if not reason:
        begin(look.session, look.runtime, look.release, play, beginning, starts=look.starts)
    return reason
