"""What adoption looks like: of one account, of one person in it, and the gap of a whole workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.adoption import Adoption, AdoptionDefinition, Assessment, PersonUse
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.local_day import day_of
from waypost_server.domain.next_step import NextStep, StateSeen, for_account, for_person, milestones_at
from waypost_server.domain.weeks import monday
from waypost_server.services import adoption as scores
from waypost_server.services.runtime import Runtime
from waypost_server.store import adoption as store
from waypost_server.store import milestone_reads, profiles
from waypost_server.store.tables import Account
from waypost_server.store.types import AnyRow

PAGE = 500
FRESH = timedelta(weeks=2)  # every account is looked at once a week at least


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account now, read afresh. Without a definition for its segment there is no assessment."""

    account_id: str
    version: int
    definition: AdoptionDefinition | None
    assessment: Assessment | None
    next_step: NextStep | None


@dataclass(frozen=True, slots=True)
class GapCell:
    """How many accounts of a segment meet a behaviour."""

    segment: str
    behaviour: str
    title: str
    met: int
    accounts: int

    @property
    def share(self) -> float:
        """Of the segment's accounts, 0 to 1."""
        return self.met / self.accounts if self.accounts else 0.0


@dataclass(frozen=True, slots=True)
class Gap:
    """The matrix segment × behaviour, with the largest gap first, and how many accounts are in each state."""

    version: int
    cells: tuple[GapCell, ...]
    states: dict[str, dict[str, int]]  # segment → state → accounts


def account_report(
    session: Session, runtime: Runtime, account: Account, states: Iterable[StateSeen]
) -> AccountReport:
    """One account, with its progress on milestones. Raises NotFoundError while nothing is published."""
    workspace_id = account.workspace_id
    definitions, today = _standing(session, runtime, workspace_id)
    found = scores.assess_account(session, definitions.adoption, workspace_id, account, today=today)
    definition, assessment = (found[0], found[1]) if found else (None, None)
    step = for_account(definitions, milestones_at(definitions, states, user_id=""), assessment)
    return AccountReport(account.id, definitions.adoption.version, definition, assessment, step)


def report_of(session: Session, runtime: Runtime, workspace_id: str, account_id: str) -> AccountReport:
    """The same by the account's id. Raises NotFoundError for an unknown one."""
    account = profiles.account(session, workspace_id, account_id)
    if account is None:
        raise NotFoundError("There is no such account.")
    states = milestone_reads.states(session, workspace_id, [account_id]).get(account_id, [])
    return account_report(session, runtime, account, states)


def person_next_step(
    session: Session, runtime: Runtime, workspace_id: str, user_id: str, account_id: str | None
) -> tuple[str, NextStep | None]:
    """The account meant (the one last seen in, if none is named) and the person's next best step there."""
    memberships = profiles.memberships(session, workspace_id, user_id)
    chosen = next((each for each in memberships if account_id in (None, each.account_id)), None)
    if chosen is None:
        raise NotFoundError("There is no such user in that account.")
    account = profiles.account(session, workspace_id, chosen.account_id)
    if account is None:
        raise NotFoundError("There is no such account.")
    definitions, today = _standing(session, runtime, workspace_id)
    found = scores.assess_account(session, definitions.adoption, workspace_id, account, today=today)
    people = found[2].people if found else ()
    person = next((each for each in people if each.user_id == user_id), PersonUse(user_id, chosen.role))
    states = milestone_reads.states(session, workspace_id, [account.id]).get(account.id, [])
    at = milestones_at(definitions, states, user_id=user_id)
    return account.id, for_person(definitions, at, found[1] if found else None, person)


def gap(session: Session, runtime: Runtime, workspace_id: str, segment: str | None = None) -> Gap:
    """The gap of every segment, or of one. Reads the newest score of each account, a page at a time."""
    definitions, today = _standing(session, runtime, workspace_id)
    adoption = definitions.adoption
    met: dict[tuple[str, str], int] = {}
    states: dict[str, dict[str, int]] = {}
    for row in newest_scores(session, workspace_id, adoption, today):
        score = row.AdoptionScore
        if segment not in (None, score.segment):
            continue
        of_segment = states.setdefault(score.segment, {"adopted": 0, "partial": 0, "not": 0})
        of_segment[score.state] += 1
        for finding in score.findings:
            cell = (score.segment, finding["key"])
            met[cell] = met.get(cell, 0) + bool(finding["met"])
    cells = [
        GapCell(key, each.key, each.title, met.get((key, each.key), 0), sum(states.get(key, {}).values()))
        for key, definition in adoption.segments.items()
        if segment in (None, key)
        for each in definition.behaviours
    ]
    ordered = sorted(cells, key=lambda each: (each.met - each.accounts, each.segment, each.behaviour))
    return Gap(adoption.version, tuple(ordered), states)


def newest_scores(session: Session, workspace_id: str, adoption: Adoption, today: date) -> Iterator[AnyRow]:
    """The newest score of every account under what adopted means now, by account id."""
    digests = {each.digest for each in adoption.segments.values()}
    after, since = "", monday(today) - FRESH
    while digests:
        rows = store.latest(session, workspace_id, digests, since=since, after=after, limit=PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].AdoptionScore.account_id


def page(session: Session, runtime: Runtime, workspace_id: str, *, after: str, limit: int) -> list[AnyRow]:
    """A page of accounts with their newest scores, by account id."""
    definitions, today = _standing(session, runtime, workspace_id)
    digests = {each.digest for each in definitions.adoption.segments.values()}
    since = monday(today) - FRESH
    return (
        store.latest(session, workspace_id, digests, since=since, after=after, limit=limit) if digests else []
    )


def _standing(session: Session, runtime: Runtime, workspace_id: str) -> tuple[Definitions, date]:
    standing = runtime.releases.standing(session, workspace_id)
    if standing.release is None:
        raise NotFoundError("Nothing is published yet.")
    return standing.release.definitions, day_of(runtime.clock(), standing.zone)
