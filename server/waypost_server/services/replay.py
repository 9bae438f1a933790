"""Play events of the log into a scratch database through the same fold that took them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import groupby

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.events import Event, stored_event
from waypost_server.services.fold import Counts, fold_into
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan
from waypost_server.services.runtime import Runtime
from waypost_server.store.event_log import Logged

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LoggedPlan(Plan):
    """A plan that knows what the catalogue of the time made of each event."""

    logged: Mapping[str, str | None] = field(default_factory=dict)

    def feature_of(self, event: Event) -> str | None:
        """The feature as the log keeps it."""
        return self.logged.get(event.message_id)


def play(session: Session, runtime: Runtime, sender: Sender, plan: Plan, rows: Iterable[Logged]) -> int:
    """Fold `rows`, which one release saw, in chunks of one trust; returns how many there were."""
    count = 0
    for trust, chunk in _chunks(rows):
        told = LoggedPlan(
            **{each.name: getattr(plan, each.name) for each in fields(plan)},
            logged={row.message_id: row.feature for row in chunk},
        )
        fold_into(
            session,
            runtime,
            Sender(sender.workspace_id, trust, sender.enforced),
            told,
            [_event(row) for row in chunk],
            {row.message_id: row.account_id for row in chunk},
            chunk[-1].received_at,
            Counts(),
        )
        count += len(chunk)
    return count


def _chunks(rows: Iterable[Logged]) -> Iterator[tuple[str, list[Logged]]]:
    for trust, run in groupby(rows, key=lambda row: row.trust):
        chunk: list[Logged] = []
        for row in run:
            chunk.append(row)
            if len(chunk) == AT_ONCE:
                yield trust, chunk
                chunk = []
        if chunk:
            yield trust, chunk


def _event(row: Logged) -> Event:
    document = msgspec.json.decode(row.body) if row.body else {}
    return stored_event(row.message_id, row.type, row.name, row.user_id, row.ts, document)
