"""What the conditions that start plays said about each subject when they were last looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import Membership, PlayWatch

SHAPE = bulk.columns("account_id, play, user_id, rule, holds boolean, since timestamptz, reason")
KEYS = bulk.columns("account_id, play, user_id")
WRITE = """
insert into play_watch (workspace_id, account_id, play, user_id, rule, holds, since, reason)
select {0}, r.account_id, r.play, r.user_id, r.rule, r.holds, r.since, r.reason from {rows} where true
on conflict (workspace_id, account_id, play, user_id) do update set
  rule = excluded.rule, holds = excluded.holds, since = excluded.since, reason = excluded.reason
"""
FORGET = """
delete from play_watch where workspace_id = {0} and (account_id, play, user_id) in
  (select r.account_id, r.play, r.user_id from {rows})
"""


class Seen(NamedTuple):
    """One subject's answer. `reason` says why a condition that became true started nothing."""

    account_id: str
    play: str
    user_id: str
    rule: str
    holds: bool
    since: datetime
    reason: str


def of_accounts(
    session: Session, workspace_id: str, accounts: Collection[str]
) -> dict[tuple[str, str], dict[str, Seen]]:
    """(account, play) → user → what was seen; user '' is the account's own row."""
    columns = [getattr(PlayWatch, name) for name in Seen._fields]
    rows = session.execute(
        select(*columns).where(PlayWatch.workspace_id == workspace_id, PlayWatch.account_id.in_(accounts))
    )
    found: dict[tuple[str, str], dict[str, Seen]] = {}
    for row in rows:
        seen = Seen(*row)
        found.setdefault((seen.account_id, seen.play), {})[seen.user_id] = seen
    return found


def write(session: Session, workspace_id: str, seen: Sequence[Seen]) -> None:
    """Remember these answers."""
    if seen:
        bulk.run(session, WRITE, SHAPE, sorted(seen), (workspace_id,))


def forget(session: Session, workspace_id: str, keys: Sequence[tuple[str, str, str]]) -> None:
    """Forget (account, play, user): the condition holds no longer."""
    if keys:
        bulk.run(session, FORGET, KEYS, sorted(keys), (workspace_id,))


def members(session: Session, workspace_id: str, accounts: Collection[str]) -> list[tuple[str, str]]:
    """(account, user) of everybody in these accounts."""
    rows = session.execute(
        select(Membership.account_id, Membership.user_id)
        .where(Membership.workspace_id == workspace_id, Membership.account_id.in_(accounts))
        .order_by(Membership.account_id, Membership.user_id)
    )
    return [(account_id, user_id) for account_id, user_id in rows]
