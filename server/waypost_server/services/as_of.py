"""The past of one person, rebuilt: the log folded up to a moment, with what was decided beside it by then.

The rebuilt state stands in a scratch database behind a runtime whose clock shows that moment and whose live
release is the one of that moment, so every question about now can be asked about then, by the same code.
"The log up to T" means the events received by T: what arrived later was not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import groupby

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.domain.local_day import zone_of
from waypost_server.services.fixed_releases import FixedReleases
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan, make_plan
from waypost_server.services.releases import LiveRelease
from waypost_server.services.replay import play
from waypost_server.services.runtime import Runtime, SilentDoorbell
from waypost_server.store import as_it_was, event_log
from waypost_server.store.database import Database
from waypost_server.store.event_log import Logged, Whose
from waypost_server.store.scratch import scratch_database
from waypost_server.store.tables import Workspace

# What no record tells; whoever reads about the past is told so.
UNKNOWABLE = (
    "The workspace's time zone and mode, and people's names in the console, are as they are today.",
    "A grant without a date (made before dates were kept) counts as given all along.",
    "A publish is seen by each process within a second; in that second either release may have answered.",
    "Which page a person was on: what depends on it is unknown, unless a page is named.",
    "What peers do is compared once a week; an earlier week's answer uses the newest comparison.",
    "A message that was about to be sent and was held back again spent attention for that moment only.",
)


@contextmanager
def as_of(
    runtime: Runtime, workspace_id: str, user_id: str, account_id: str | None, at: datetime
) -> Iterator[Runtime]:
    """A runtime in which it is `at`, and nothing has happened since. Raises BadInputError for the future."""
    if at > runtime.clock():
        raise BadInputError("That moment has not come yet; ask about the past.", code="not_yet")
    with runtime.db.read() as session, scratch_database() as scratch:
        workspace = session.get(Workspace, workspace_id)
        zone = zone_of(workspace.timezone if workspace else "UTC")
        enforced = workspace is not None and workspace.mode == "production"
        past = _Past(session, runtime, scratch, Sender(workspace_id, "server", enforced), zone, at)
        yield past.rebuild(user_id, account_id)


class _Past:
    """One rebuilding."""

    def __init__(
        self,
        session: Session,
        runtime: Runtime,
        scratch: Database,
        sender: Sender,
        zone: tzinfo,
        at: datetime,
    ) -> None:
        self._session, self._runtime, self._scratch = session, runtime, scratch
        self._sender, self._zone, self._at = sender, zone, at
        self._published = as_it_was.release_numbers(session, sender.workspace_id, at)
        self._plans: dict[int, Plan] = {}

    def rebuild(self, user_id: str, account_id: str | None) -> Runtime:
        """Fill the scratch database; the runtime over it."""
        workspace_id = self._sender.workspace_id
        accounts = as_it_was.accounts_of(self._session, workspace_id, user_id)
        if account_id is not None:
            accounts = [account_id]
        whose = Whose(user_id, tuple(filter(None, accounts)))
        then = self._then()
        with self._scratch.write() as scratch:
            as_it_was.copy_before_log(self._session, scratch, workspace_id, whose, self._at)
            rows = event_log.until(self._session, workspace_id, whose, self._at)
            for number, seen in groupby(rows, key=self._live_when):
                play(scratch, then, self._sender, self._plan(number), seen)
            as_it_was.copy_after_log(self._session, scratch, workspace_id, whose, self._at)
        return then

    def _then(self) -> Runtime:
        number = self._published[-1][0] if self._published else 0
        return replace(
            self._runtime,
            db=self._scratch,
            clock=lambda: self._at,
            releases=FixedReleases(self._release(number), self._zone),
            doorbell=SilentDoorbell(),
            mailer=None,
            poster=None,
            chat=None,
        )

    def _live_when(self, row: Logged) -> int:
        """The release that was live when an event came in; 0 before the first."""
        live = 0
        for number, published_at in self._published:
            if published_at > row.received_at:
                break
            live = number
        return live

    def _release(self, number: int) -> LiveRelease | None:
        if not number:
            return None
        return self._runtime.releases.pinned(self._session, self._sender.workspace_id, number)

    def _plan(self, number: int) -> Plan:
        if number not in self._plans:
            release = self._release(number)
            plan = make_plan(release.definitions, self._zone) if release else Plan(zone=self._zone)
            self._plans[number] = plan
        return self._plans[number]
