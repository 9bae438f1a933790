"""Events that Waypost itself makes while it works on accounts: through the log and the same fold as the product's own.

Many of them may share a transaction, with others of its kind and with ingest beside it. So all of a transaction are
counted in one place that ingest never counts in: else two workers would each hold a row that the other one wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.events import Envelope, read_event
from waypost_server.services.fold import Counts, fold_into
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import plan_of
from waypost_server.services.runtime import Runtime
from waypost_server.store.ingest_days import OWN_SHARDS

_encode = msgspec.json.Encoder().encode


def tell(
    session: Session, runtime: Runtime, workspace_id: str, account_id: str, raw: Sequence[Mapping[str, Any]]
) -> None:
    """Store and fold events about an account whose row is locked; a messageId that is known changes nothing."""
    now = runtime.clock()
    events = [read_event(dict(each), Envelope(now), encode=_encode, new_id=runtime.new_id) for each in raw]
    fold_into(
        session,
        runtime,
        Sender(workspace_id, "server"),
        plan_of(runtime, workspace_id),
        events,
        {event.message_id: account_id for event in events},
        now,
        Counts(shard=session.info.setdefault("own_shard", _shard(runtime))),
    )


def _shard(runtime: Runtime) -> int:
    return OWN_SHARDS[int(runtime.dice() * len(OWN_SHARDS))]
