"""How many mails went to a mail domain in a window of time; the row is the lock of its domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_each_new
from waypost_server.store.tables import MailSlot

Slot = tuple[str, datetime]  # (domain, start of the window)
KEPT = timedelta(days=2)


def hold(session: Session, workspace_id: str, slots: Collection[Slot]) -> dict[Slot, int]:
    """Lock these windows in order of their domain, making those that are new; how much of each is taken."""
    wanted = sorted(slots)
    rows = [
        {"workspace_id": workspace_id, "domain": each, "starts_at": at, "taken": 0} for each, at in wanted
    ]
    insert_each_new(session, MailSlot, rows)
    found = session.execute(
        select(MailSlot.domain, MailSlot.starts_at, MailSlot.taken)
        .where(MailSlot.workspace_id == workspace_id, MailSlot.domain.in_([each for each, _ in wanted]))
        .order_by(MailSlot.domain, MailSlot.starts_at)
        .with_for_update()
    )
    return {(domain, at): taken for domain, at, taken in found if (domain, at) in slots}


def write(session: Session, workspace_id: str, taken: Mapping[Slot, int]) -> None:
    """Keep how much is taken, and forget windows long before these: these may be weeks long themselves."""
    for (domain, at), count in sorted(taken.items()):
        session.execute(
            update(MailSlot)
            .where(MailSlot.workspace_id == workspace_id, MailSlot.domain == domain, MailSlot.starts_at == at)
            .values(taken=count)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            delete(MailSlot)
            .where(
                MailSlot.workspace_id == workspace_id,
                MailSlot.domain == domain,
                MailSlot.starts_at < at - KEPT,
            )
            .execution_options(synchronize_session=False)
        )
