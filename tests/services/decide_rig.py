"""A small product with a release that needs no files, for tests of decide, claim and reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import WORKSPACE, Clock, add_workspace, make_runtime
from waypost_server.domain.definitions import (
    Cap,
    Catalog,
    Content,
    Definitions,
    Feature,
    Frequency,
    Journey,
    Limit,
    Milestone,
    Nudge,
    Policy,
    Step,
)
from waypost_server.services.releases import LiveRelease, Standing
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, EndUser, Membership

SETUP = Milestone(
    key="setup",
    title="Set up",
    scope="user",
    steps=(Step("open", "Open it", "editor"), Step("run", "Run it", "runner")),
    due_days=14,
)
CATALOG = Catalog(
    product="Acme",
    features=(Feature("editor", "Editor"), Feature("runner", "Runner"), Feature("reports", "Reports")),
)


def make_nudge(key: str = "hello", **changes: Any) -> Nudge:
    """A tooltip for everybody, shown as often as the test likes."""
    values: dict[str, Any] = {
        "key": key,
        "title": key.title(),
        "surface": "tooltip",
        "content": {"en": Content(title=f"Title of {key}", body="Body.")},
        "frequency": Frequency(limits=(Limit(max=100),), cooldown_days=0),
    }
    return Nudge(**{**values, **changes})


def make_definitions(*nudges: Nudge, **changes: Any) -> Definitions:
    """Definitions with these nudges, one milestone and no caps."""
    values: dict[str, Any] = {
        "catalog": CATALOG,
        "journey": Journey(milestones=(SETUP,)),
        "policy": capped(),
        "nudges": nudges or (make_nudge(),),
    }
    return Definitions(**{**values, **changes})


def capped(*caps: Cap, **changes: Any) -> Policy:
    """A policy with these caps, two dismissals, and no limit besides."""
    return replace(Policy.without_limits(), caps=caps, **{"dismissals_before_stop": 2, **changes})


class FixedReleases:
    """Releases given by the test, per workspace."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self.by_workspace: dict[str, LiveRelease] = {}

    def put(self, definitions: Definitions, workspace_id: str = WORKSPACE, number: int = 1) -> LiveRelease:
        """Make these definitions live."""
        release = LiveRelease(number, definitions)
        self.by_workspace[workspace_id] = release
        return release

    def standing(self, _session: Session | None, workspace_id: str) -> Standing:
        return Standing(self.by_workspace.get(workspace_id), self.zone)

    def glance(self, _db: Database, workspace_id: str) -> Standing:
        return self.standing(None, workspace_id)

    def pinned(self, _session: Session, workspace_id: str, number: int) -> LiveRelease:
        release = self.by_workspace[workspace_id]
        assert release.number == number, "these tests keep one release"
        return release

    def live(self, _session: Session, workspace_id: str) -> LiveRelease | None:
        return self.by_workspace.get(workspace_id)


def make_rig(
    database: Database, *nudges: Nudge, clock: Clock | None = None, **changes: Any
) -> tuple[Runtime, FixedReleases]:
    """A workspace with a release, and the person u1 (admin) in the account acme."""
    releases = FixedReleases()
    releases.put(make_definitions(*nudges, **changes))
    add_workspace(database)
    add_person(database)
    return make_runtime(database, clock, releases=releases), releases


def add_person(
    database: Database,
    user_id: str = "u1",
    account_id: str = "acme",
    workspace_id: str = WORKSPACE,
    role: str | None = "admin",
    **traits: Any,
) -> None:
    """A person in an account, first seen ten days ago; `traits` are the account's."""
    first = date(2026, 11, 13)
    key = {"workspace_id": workspace_id}
    with database.write() as session:
        session.merge(EndUser(**key, id=user_id, traits={"team": "ops"}, traits_at={}, first_day=first))
        session.merge(
            Account(
                **key,
                id=account_id,
                name=account_id.title(),
                traits={"plan": "growth", **traits},
                traits_at={},
                motion="long_tail",
                first_day=first,
            )
        )
        session.merge(
            Membership(
                **key, account_id=account_id, user_id=user_id, role=role, first_day=first, last_day=first
            )
        )


def add_rows(database: Database, rows: Sequence[Any]) -> None:
    """Store rows as they are."""
    with database.write() as session:
        session.add_all(rows)


def at(day: int, hour: int = 10) -> datetime:
    """A time in November 2026; the tests' clock stands at the 23rd, 10:00."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)
