"""One day of a rehearsal after the other: what people did, what they would have seen, what plays would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.eligibility import held, reason_held
from waypost_server.domain.errors import HeldError
from waypost_server.domain.local_day import start_of
from waypost_server.domain.page import Page
from waypost_server.services import fold_milestones
from waypost_server.services.claim import Claim, claim
from waypost_server.services.decide import Question, answer, facts_of, situation_of
from waypost_server.services.drain import one_round
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan
from waypost_server.services.releases import LiveRelease
from waypost_server.services.replay import play
from waypost_server.services.runtime import Runtime
from waypost_server.store import accounts_fold, end_users, log_days, memberships, offers, usage
from waypost_server.store.log_days import Deed
from waypost_server.store.rehearsal_start import every_total
from waypost_server.store.usage import DayRow, TotalRow

WORK_AT = timedelta(hours=17)  # when signals, plays and messages are looked at
ROUNDS = 10_000  # of work in one evening; more would be a loop
AT_ONCE = 2_000

SetClock = Callable[[datetime], None]


@dataclass(slots=True)
class Counts:
    """What is counted while the days run, because no row tells it afterwards."""

    visits: int = 0
    held: Counter[tuple[str, str]] = field(default_factory=Counter)  # nudge, reason
    caps: Counter[str] = field(default_factory=Counter)  # the cap in words
    people: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)


class Days:
    """The days, played on a stage."""

    def __init__(
        self,
        stage: Runtime,
        sender: Sender,
        plan: Plan,
        release: LiveRelease,
        zone: tzinfo,
        page: Page | None,
    ) -> None:
        self._stage, self._sender, self._plan = stage, sender, plan
        self._release, self._zone, self._page = release, zone, page
        self._workspace_id = sender.workspace_id
        self.counts = Counts()

    def begin(self) -> None:
        """Milestones by the draft's own steps, from the use before the first day."""
        if not self._plan.milestone_features:
            return
        with self._stage.db.write() as session:
            for chunk in every_total(session, self._workspace_id, self._plan.milestone_features):
                fold_milestones.fold(session, self._workspace_id, self._plan, added=chunk, now=chunk)

    def live(self, number: int, day: date, set_clock: SetClock) -> None:
        """Everything of one day."""
        with self._stage.db.write() as session:
            self._fold(session, number, day)
            visits = log_days.visits(session, number)
        for at, account_id, user_id in visits:
            set_clock(at)
            self._visit(user_id, account_id)
        set_clock(start_of(day, self._zone) + WORK_AT)
        for _ in range(ROUNDS):
            if not one_round(self._stage):
                break

    def _fold(self, session: Session, number: int, day: date) -> None:
        play(session, self._stage, self._sender, self._plan, log_days.said(session, number))
        chunk: list[Deed] = []
        for deed in list(log_days.deeds(session, number)):
            chunk.append(deed)
            if len(chunk) >= AT_ONCE and deed.user_id != chunk[-2].user_id:
                self._fold_deeds(session, chunk, day)
                chunk = []
        if chunk:
            self._fold_deeds(session, chunk, day)

    def _fold_deeds(self, session: Session, deeds: list[Deed], day: date) -> None:
        workspace_id, plan = self._workspace_id, self._plan
        days: dict[tuple[str, str, str], DayRow] = {}
        sums: dict[tuple[str, str, str], TotalRow] = {}
        for deed in deeds:
            feature = (plan.events if deed.type == "track" else plan.pages).get(deed.name)
            if feature is None or not deed.user_id:
                continue
            key = (deed.account_id, deed.user_id, feature)
            uses = deed.uses + (days[key].uses if key in days else 0)
            days[key] = DayRow(*key, day, uses)
            first, last = deed.first_at, deed.last_at
            if key in sums:
                first, last = min(first, sums[key].first_at), max(last, sums[key].last_at)
            sums[key] = TotalRow(*key, first, last, uses)
        people = sorted({deed.user_id for deed in deeds if deed.user_id})
        pairs = sorted(
            {(deed.account_id, deed.user_id) for deed in deeds if deed.account_id and deed.user_id}
        )
        end_users.see(session, workspace_id, [end_users.Seen(each, "server", day, day) for each in people])
        memberships.see(
            session, workspace_id, [memberships.Seen(*pair, None, None, day, day) for pair in pairs]
        )
        accounts = sorted({deed.account_id for deed in deeds if deed.account_id})
        accounts_fold.touch(session, workspace_id, [accounts_fold.Seen(each, day, day) for each in accounts])
        self.counts.people.update(people)
        self.counts.accounts.update(accounts)
        if days:
            usage.add_days(session, workspace_id, days.values())
            now = usage.add_totals(session, workspace_id, sums.values(), plan.milestone_features)
            added = [row for row in sums.values() if row.feature in plan.milestone_features]
            if added:
                fold_milestones.fold(session, workspace_id, plan, added=added, now=now)

    def _visit(self, user_id: str, account_id: str) -> None:
        """The person is there: what would be shown is claimed and painted at once."""
        self.counts.visits += 1
        question = Question(user_id, account_id, page=self._page)
        facts = facts_of(self._stage, self._workspace_id, question, self._release)
        situation = situation_of(facts, user_id)
        keys = answer(self._release, question, facts).keys
        for nudge in self._release.compiled.nudges:
            if nudge.key in keys:
                continue
            reason = reason_held(nudge, situation) or "content"
            self.counts.held[(nudge.key, reason)] += 1
            if reason == "budget":
                self._note_cap(held(nudge, situation))
        if keys:
            self.counts.held.update((key, "outranked") for key in keys[1:])
            self._show(user_id, account_id, keys[0])

    def _show(self, user_id: str, account_id: str, nudge: str) -> None:
        wanted = Claim(user_id, account_id, nudge, f"rehearsal-{self.counts.visits}", page=self._page)
        try:
            granted = claim(self._stage, self._workspace_id, wanted)
        except HeldError as error:
            self.counts.held[(nudge, error.reason)] += 1
            return
        with self._stage.db.write() as session:
            shown: dict[str, Any] = {"state": "shown", "shown_at": self._stage.clock()}
            offers.settle(session, self._workspace_id, granted.offer_id, shown)

    def _note_cap(self, reason: Any) -> None:
        self.counts.caps[cap_words(reason.detail if reason else {})] += 1


def cap_words(numbers: Mapping[str, Any]) -> str:
    """The limit that was used up, in words."""
    per = span(numbers.get("per_seconds") or 0)
    if numbers.get("limit") == "min_gap":
        return f"at least {per} between two"
    return f"{numbers.get('max', '?')} per {numbers.get('scope', 'person')} in {per}"


def span(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"
