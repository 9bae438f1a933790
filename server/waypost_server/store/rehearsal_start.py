"""Copies a whole workspace, as it was when a rehearsal begins, into a scratch database.

Traits set later are left out and come back with the events that set them. What a play or a person decided
later does not come back: the rehearsal decides anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, text, tuple_
from sqlalchemy.orm import Session

from waypost_server.store import motion_overrides, rehearsal_workshops
from waypost_server.store.tables import (
    Account,
    AdoptionScore,
    Consent,
    ConsoleUser,
    EndUser,
    Membership,
    Offer,
    PlayRun,
    Signal,
    Suppression,
    SurveyAnswer,
    Task,
    Touch,
    UsageDay,
    UsageTotal,
    WorkshopInvitation,
    WorkshopSlot,
    Workspace,
)
from waypost_server.store.usage import TotalRow

AT_ONCE = 5_000
Row = dict[str, Any]
TOTALS = """
insert into usage_total (workspace_id, account_id, user_id, feature, first_at, last_at, total)
select workspace_id, account_id, user_id, feature, min(day) || ' 12:00:00.000000',
  max(day) || ' 12:00:00.000000', sum(count)
from usage_day group by workspace_id, account_id, user_id, feature
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """Whose traits have changed since: their earlier values are in the log only."""

    accounts: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)


class Start:
    """The moment a rehearsal begins, in a workspace and in a scratch database."""

    def __init__(
        self,
        session: Session,
        scratch: Session,
        workspace_id: str,
        at: datetime,
        day: date,
        accounts: Collection[str] | None,
    ) -> None:
        self._accounts = accounts
        self._session, self._scratch, self._workspace_id = session, scratch, workspace_id
        self._at, self._day, self._stamp = at, day, f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
        self._words = motion_overrides.standing_at(session, workspace_id, at)
        self.changed = Changed()

    def copy(self, features: tuple[str, ...]) -> None:
        """Everything that was there: people and accounts, use, what they were shown and sent, signals, workshops."""
        self._all(Workspace, Workspace.id == self._workspace_id)
        for table in (ConsoleUser, Suppression):
            self._all(table)
        self._all(
            Account, or_(Account.first_day.is_(None), Account.first_day < self._day), make=self._account
        )
        self._all(EndUser, or_(EndUser.first_day.is_(None), EndUser.first_day < self._day), make=self._user)
        self._all(Membership, Membership.first_day < self._day, make=self._seen)
        self._all(UsageDay, UsageDay.day < self._day, UsageDay.feature.in_(features))
        self._all(Offer, Offer.claimed_at < self._at, make=self._offer)
        self._all(Touch, Touch.at < self._at)
        self._all(Consent, Consent.at < self._at)
        self._all(SurveyAnswer, SurveyAnswer.at < self._at)
        self._all(AdoptionScore, AdoptionScore.week < self._day)
        self._all(Signal, Signal.opened_at < self._at, make=self._signal)
        self._all(
            PlayRun, PlayRun.started_at < self._at, make=lambda row: {**row, "state": "ended", "due_at": None}
        )
        self._all(Task, Task.created_at < self._at, make=self._task)
        self._workshops()
        self._scratch.execute(text(TOTALS))

    def _workshops(self) -> None:
        """Slots planned later come along: nobody is invited to one before it was planned."""
        taken = rehearsal_workshops.places_taken(self._session, self._workspace_id, self._at)
        self._all(
            WorkshopSlot,
            WorkshopSlot.state == "open",
            make=lambda row: {**row, "taken": taken.get(row["id"], 0)},
        )
        self._all(
            WorkshopInvitation,
            WorkshopInvitation.invited_at < self._at,
            make=lambda row: rehearsal_workshops.invitation_at(row, self._at),
        )

    def _all(self, table: Any, *where: ColumnElement[bool], make: Callable[[Row], Row] | None = None) -> None:
        columns = table.__table__
        if table is not Workspace:
            where = (table.workspace_id == self._workspace_id, *where)
        found = self._session.execute(select(columns).where(*where), execution_options={"yield_per": AT_ONCE})
        for chunk in found.mappings().partitions(AT_ONCE):
            rows = [
                dict(row) if make is None else make(dict(row)) for row in chunk if self._chosen(table, row)
            ]
            if rows:
                self._scratch.execute(insert(columns), rows)

    def _chosen(self, table: Any, row: Any) -> bool:
        """Whether the row is of an account in the sample, or of none."""
        if self._accounts is None:
            return True
        account_id = row["id"] if table is Account else row.get("account_id", "")
        return not account_id or account_id in self._accounts

    def _account(self, row: Row) -> Row:
        """Unclassified, and due: the draft's own rules decide first, where no person had set the motion."""
        row = self._seen(self._traits(row, self.changed.accounts))
        fresh = {"touched": 1, "evaluated": 0, "segment": None, "motion": None, "check_at": None}
        motion, until = self._words.get(row["id"], (None, None))
        word = {"motion_set": motion, "motion_until": until}
        return {**row, **fresh, **word, "lease_until": None, "fence": None, "claims": 0}

    def _user(self, row: Row) -> Row:
        return self._seen(self._traits(row, self.changed.users))

    def _traits(self, row: Row, changed: set[str]) -> Row:
        stamps: Mapping[str, str] = row["traits_at"]
        kept = {name: at for name, at in stamps.items() if at.lstrip("!") < self._stamp}
        if len(kept) == len(stamps):
            return row
        changed.add(row["id"])
        traits = {name: value for name, value in row["traits"].items() if name in kept or name not in stamps}
        return {**row, "traits": traits, "traits_at": kept}

    def _seen(self, row: Row) -> Row:
        if row["last_day"] is not None and row["last_day"] >= self._day:
            row["last_day"] = row["first_day"]
        return row

    def _offer(self, row: Row) -> Row:
        if row["closed_at"] is not None and row["closed_at"] >= self._at:
            row |= {"closed_at": None, "reaction": None, "snoozed_until": None, "state": "shown"}
        return row

    def _signal(self, row: Row) -> Row:
        if row["closed_at"] is not None and row["closed_at"] >= self._at:
            row |= {"state": "open", "closed_at": None, "closed_reason": None}
        return row

    def _task(self, row: Row) -> Row:
        ended = row["ended_at"] is not None and row["ended_at"] < self._at
        return {**row, "state": row["state"] if ended else "open"}


def visits_about(session: Session, workspace_id: str, since: date) -> int:
    """How many (person, day) pairs of use there were, nearly: use without a feature is not counted."""
    days = (
        select(UsageDay.account_id, UsageDay.user_id, UsageDay.day)
        .where(UsageDay.workspace_id == workspace_id, UsageDay.day >= since)
        .distinct()
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(days)) or 0


def account_ids(session: Session, workspace_id: str) -> list[str]:
    """Every account."""
    return list(session.scalars(select(Account.id).where(Account.workspace_id == workspace_id)))


def every_total(scratch: Session, workspace_id: str, features: tuple[str, ...]) -> Iterator[list[TotalRow]]:
    """Every person's totals of these features, some thousands at a time, accounts one after the other."""
    last = ("", "", "")
    key = (UsageTotal.account_id, UsageTotal.user_id, UsageTotal.feature)
    while True:
        rows = scratch.execute(
            select(*key, UsageTotal.first_at, UsageTotal.last_at, UsageTotal.total)
            .where(UsageTotal.workspace_id == workspace_id, tuple_(*key) > last)
            .where(UsageTotal.feature.in_(features))
            .order_by(*key)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        yield [TotalRow(*row) for row in rows]
        last = (rows[-1][0], rows[-1][1], rows[-1][2])
