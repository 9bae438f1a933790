"""Score accounts against what adopted means: this week's score, and the weeks that a definition has not judged.

Scores belong to a definition's meaning. When it changes, each account is scored again as it was in every week
of the last half year; the scores of the old meaning stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.adoption import Adoption, AdoptionDefinition, Assessment, as_json, assess
from waypost_server.domain.weeks import monday
from waypost_server.services.runtime import Runtime
from waypost_server.store import adoption as store
from waypost_server.store.tables import Account

HISTORY_WEEKS = 26
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Scored:
    """One account in one week."""

    account_id: str
    week: date
    definition: AdoptionDefinition
    assessment: Assessment


def score(
    session: Session,
    adoption: Adoption,
    workspace_id: str,
    accounts: Sequence[tuple[Account, str | None]],
    *,
    today: date,
) -> list[Scored]:
    """Scores that are due for accounts with their segments: this week's always, earlier weeks' where missing."""
    this_week = monday(today)
    since = this_week - timedelta(weeks=HISTORY_WEEKS)
    known = store.scored_weeks(session, workspace_id, [account.id for account, _ in accounts], since)
    due: dict[tuple[str, date], list[str]] = {}
    meanings: dict[str, AdoptionDefinition] = {}
    for account, segment in accounts:
        definition = adoption.of(segment)
        if definition is None:
            continue
        meanings[definition.digest] = definition
        for week in _weeks(account, this_week):
            if week == this_week or (account.id, definition.digest, week) not in known:
                due.setdefault((definition.digest, week), []).append(account.id)
    found: list[Scored] = []
    for (digest, week), ids in sorted(due.items()):
        definition = meanings[digest]
        on = min(today, week + timedelta(days=6))
        measured = store.measure(session, workspace_id, ids, definition.behaviours, on)
        found += [
            Scored(account_id, week, definition, assess(definition, each.people, each.weeks))
            for account_id, each in measured.items()
        ]
    return found


def _weeks(account: Account, this_week: date) -> list[date]:
    """The weeks an account is judged for, from its first one on."""
    first = monday(account.first_day) if account.first_day else this_week
    ages = range(HISTORY_WEEKS + 1)
    return [week for age in ages if (week := this_week - timedelta(weeks=age)) >= first]


def keep(
    session: Session, runtime: Runtime, adoption: Adoption, workspace_id: str, scored: Sequence[Scored]
) -> None:
    """Write scores down."""
    rows = [
        (
            each.account_id,
            each.definition.digest,
            each.week,
            adoption.version,
            each.definition.segment,
            each.assessment.state,
            each.assessment.score,
            _encode(as_json(each.assessment)).decode(),
        )
        for each in scored
    ]
    store.keep(session, workspace_id, rows, runtime.clock())


def current(scored: Sequence[Scored], today: date) -> Mapping[str, Assessment]:
    """Account → this week's assessment."""
    this_week = monday(today)
    return {each.account_id: each.assessment for each in scored if each.week == this_week}


def assess_account(
    session: Session, adoption: Adoption, workspace_id: str, account: Account, *, today: date
) -> tuple[AdoptionDefinition, Assessment, store.Measured] | None:
    """An account as it stands now, read afresh; None when nothing says what adopted means for it."""
    definition = adoption.of(account.segment)
    if definition is None:
        return None
    measured = store.measure(session, workspace_id, [account.id], definition.behaviours, today)[account.id]
    return definition, assess(definition, measured.people, measured.weeks), measured
