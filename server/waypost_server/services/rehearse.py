"""What a draft would have done: the last days of the log played against it, and nothing sent.

The days run in a scratch database through the services that run in production: the same fold, gates,
arbitration and claims, the same detectors, plays, motion guard, budget and quiet hours. Only the way out of
the building is a wall. How people behave is assumed, and the report says so: see ASSUMPTIONS.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from waypost_server.channels.chat import ChatPost
from waypost_server.channels.email import Mail, Mark
from waypost_server.channels.outcome import Outcome, Sent
from waypost_server.channels.webhook import Post
from waypost_server.domain import assignment
from waypost_server.domain.definitions import Definitions, WorkshopStep
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.local_day import day_of, start_of, zone_of
from waypost_server.domain.page import Page
from waypost_server.domain.play_program import every_step
from waypost_server.services.fixed_releases import FixedReleases
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import make_plan
from waypost_server.services.rehearsal_days import Days
from waypost_server.services.rehearsal_figures import Rehearsal, figures
from waypost_server.services.releases import LiveRelease
from waypost_server.services.replay import play
from waypost_server.services.runtime import Runtime, SilentDoorbell
from waypost_server.store import event_log, log_days, rehearsal_start
from waypost_server.store.rehearsal_start import Start
from waypost_server.store.scratch import scratch_database
from waypost_server.store.tables import Workspace

DRAFT = 1_000_000  # the release number of the draft, in the scratch database only
MOST_DAYS = 90
VISITS = 12_000  # played exactly; half a minute on one core
ASSUMPTIONS = (
    "A user who was active on a day saw the first nudge of the list on that day, at the first event, and "
    "did not react to it.",
    "Use is what it was: nobody used more, or less, because of the draft.",
    "Signals, plays and messages are looked at once a day, at 17:00 in the workspace's zone.",
    "Plays that were already running, and what CSMs did in these days, are left out.",
    "Use before the first day counts by the features of its time; milestones by the draft's steps.",
)
NO_PAGE = (
    "Which page a user was on is not known: a nudge that asks for {} was shown only to those for whom its "
    "audience holds on every page, so its figures are low. With --page everybody is on one page."
)
WORKSHOPS = (
    "Workshops have the slots that had been planned by each day; one that was cancelled since is left out. Nobody "
    "answers an invitation."
)
ONE_PAGE = "Everybody was on the page {} on every visit."
Progress = Callable[[int, int], None]  # days done, days in all


class Wall:
    """Takes every message and sends none: mailer, poster and chat at once."""

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """Would have been sent, if the last check agrees."""
        mark()
        return Sent()

    def post(self, post: Post | ChatPost, mark: Mark = lambda: True) -> Outcome:
        """Would have been posted."""
        mark()
        return Sent()

    def can_post(self, address: str) -> bool:
        """As if every room had its address."""
        return True

    def close(self) -> None:
        """There is nothing to close."""


class _Clock:
    """Stands where the rehearsal is."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def rehearse(
    runtime: Runtime,
    workspace_id: str,
    definitions: Definitions,
    *,
    days: int = 30,
    at_most: int | None = VISITS,
    page: Page | None = None,
    progress: Progress = lambda done, total: None,
) -> Rehearsal:
    """Play the last `days` full days. Raises BadInputError for a number of days that makes no sense.

    Facts of the page are unknown but for those of `page`. Where there were more than about `at_most` visits, a
    fixed sample of the accounts is played and the figures are scaled up; None plays them all, however long it takes.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadInputError(f"Rehearse between 1 and {MOST_DAYS} days.", code="bad_days")
    with scratch_database() as scratch:
        with runtime.db.read() as session:
            workspace = session.get(Workspace, workspace_id)
            if workspace is None:
                raise BadInputError(f"There is no workspace {workspace_id}.", code="unknown_workspace")
            zone = zone_of(workspace.timezone)
            bounds = _bounds(day_of(runtime.clock(), zone), days, zone)
            clock = _Clock(bounds[0])
            release = LiveRelease(DRAFT, definitions)
            ids = itertools.count(1)
            stage = replace(
                runtime, db=scratch, clock=clock, releases=FixedReleases(release, zone),
                new_id=lambda: f"r{next(ids):012d}", dice=lambda: 0.5, doorbell=SilentDoorbell(),
                mailer=Wall(), poster=Wall(), chat=Wall(), fault=lambda point: None,
                sent=None,  # a fresh database beside a journal of what left would be taken for a restored one
                sending=True,
            )  # fmt: skip
            sender = Sender(workspace_id, "server", workspace.mode == "production")
            plan = make_plan(definitions, zone)
            features = tuple(feature.key for feature in definitions.catalog.features)
            with scratch.write() as stored:
                first = day_of(bounds[0], zone)
                sample, share = _sample(session, workspace_id, first, at_most)
                start = Start(session, stored, workspace_id, bounds[0], first, sample)
                start.copy(features)
                events = log_days.spool(
                    session, stored, workspace_id, bounds, proved=sender.enforced, accounts=sample
                )
                talk = event_log.speaking(session, workspace_id, since=bounds[0], until=bounds[-1])
                heard = (row for row in talk if sample is None or row.account_id in sample)
                log_days.spool_said(stored, heard, lambda at: _index(bounds, at))
                if start.changed.accounts or start.changed.users:
                    before = event_log.speaking(session, workspace_id, since=None, until=bounds[0])
                    changed = start.changed
                    mine = (
                        row._replace(feature=None)
                        for row in before
                        if row.user_id in changed.users or row.account_id in changed.accounts
                    )
                    play(stored, stage, sender, plan, mine)
        played = Days(stage, sender, plan, release, zone, page)
        played.begin()
        for number in range(days):
            clock.now = bounds[number]
            played.live(number, day_of(bounds[number], zone), lambda at: setattr(clock, "now", at))
            progress(number + 1, days)
        return figures(
            scratch, definitions, played.counts, bounds, zone, events=events, share=share,
            assumptions=_assumptions(release, page),
        )  # fmt: skip


def _assumptions(release: LiveRelease, page: Page | None) -> tuple[str, ...]:
    """What is assumed; of workshops and of the page only where the draft asks for them."""
    found: tuple[str, ...] = ASSUMPTIONS
    if any(isinstance(step, WorkshopStep) for step in every_step(release.definitions.plays)):
        found = (*found, WORKSHOPS)
    fields = sorted(f"page.{each}" for each in release.compiled.page_fields)
    if not fields:
        return found
    named = dict(page).get("path", "") if page is not None else None
    return (*found, NO_PAGE.format(", ".join(fields)) if named is None else ONE_PAGE.format(named))


def _sample(
    session: Session, workspace_id: str, since: date, at_most: int | None
) -> tuple[frozenset[str] | None, float]:
    """The accounts to play (None = all) and their share; the same ones each time, by a hash of their ids."""
    expected = rehearsal_start.visits_about(session, workspace_id, since)
    if at_most is None or expected <= at_most:
        return None, 1.0
    every = rehearsal_start.account_ids(session, workspace_id)
    chosen = frozenset(each for each in every if assignment.share("rehearsal", each) < at_most / expected)
    return chosen, len(chosen) / len(every)


def _bounds(today: date, days: int, zone: tzinfo) -> list[datetime]:
    """The first moments of each day, and of today: only full days are played."""
    return [start_of(today - timedelta(days=days - n), zone) for n in range(days + 1)]


def _index(bounds: list[datetime], at: datetime) -> int:
    return max(n for n, bound in enumerate(bounds[:-1]) if bound <= at)
