"""How many e-mails have taken their place today, of a workspace and of each play."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Delivery, SendDay

ALL = ""  # the workspace's own line


def lock(session: Session, workspace_id: str, day: date, plays: Collection[str]) -> dict[str, int]:
    """Play → its count; `ALL` is the workspace's. The lines stay locked until the commit, so counts are exact."""
    wanted = {ALL, *plays}
    found = _read(session, workspace_id, day, wanted)
    missing = wanted - found.keys()
    if not missing:
        return found
    for play in sorted(missing):
        insert_new(session, SendDay, {"workspace_id": workspace_id, "day": day, "play": play, "count": 0})
    return _read(session, workspace_id, day, wanted)


def _read(session: Session, workspace_id: str, day: date, plays: Collection[str]) -> dict[str, int]:
    rows = session.execute(
        select(SendDay.play, SendDay.count.label("count_"))
        .where(SendDay.workspace_id == workspace_id, SendDay.day == day, SendDay.play.in_(plays))
        .order_by(SendDay.play)
        .with_for_update()
    )
    return {row.play: row.count_ for row in rows}


def add(session: Session, workspace_id: str, day: date, taken: Mapping[str, Collection[str]]) -> None:
    """Play → the deliveries that take a place now."""
    ids = [each for of_play in taken.values() for each in of_play]
    if not ids:
        return
    more = [{"of": ALL, "more": len(ids)}]
    more += [{"of": play, "more": len(of_play)} for play, of_play in taken.items()]
    statement = (
        update(SendDay.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
        .where(SendDay.workspace_id == workspace_id, SendDay.day == day, SendDay.play == bindparam("of"))
        .values(count=SendDay.count + bindparam("more"))
    )
    session.connection().execute(statement, more)
    session.execute(
        update(Delivery)
        .where(Delivery.workspace_id == workspace_id, Delivery.id.in_(ids))
        .values(counted_on=day)
        .execution_options(synchronize_session=False)
    )
