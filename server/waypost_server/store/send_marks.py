"""The newest mark before sending, where this database lives and its secret, and what left before it was restored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_each_new
from waypost_server.store.tables import SendMark, SentBefore
from waypost_server.store.written import written

ONLY = 1  # the id of the one row
HOME = (
    "select concat_ws(':', (select system_identifier from pg_control_system()),"
    " left(pg_walfile_name(pg_current_wal_lsn()), 8),"  # changes when a server is promoted or brought back to a moment
    " (select oid from pg_database where datname = current_database()))"
)


def home(session: Session) -> str:
    """Which server, line of history and database this is; '' on SQLite, whose file does not know."""
    if session.get_bind().dialect.name == "sqlite":
        return ""
    return str(session.execute(text(HOME)).scalar_one())


def get(session: Session, *, lock: bool = False) -> SendMark:
    """The one row, apart from the session: changing the object writes nothing."""
    query = select(SendMark).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if lock else query).one()
    session.expunge(found)
    return found


def next_number(session: Session) -> int:
    """Take the next number; whoever asks next waits for this transaction."""
    return int(
        session.execute(
            update(SendMark)
            .where(SendMark.id == ONLY)
            .values(number=SendMark.number + 1)
            .returning(SendMark.number)
            .execution_options(synchronize_session=False)
        ).scalar_one()
    )


def change(session: Session, **values: Any) -> None:
    """Write the row's columns."""
    session.execute(
        update(SendMark)
        .where(SendMark.id == ONLY)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def add_sent_before(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what a journal says has left; what is known already stays as it is."""
    if rows:
        insert_each_new(session, SentBefore, rows)


def sent_before(
    session: Session, workspace_id: str, keys: Collection[str], *, since: datetime
) -> dict[str, list[int]]:
    """Key → numbers under which it left since then, and which no message has stood for yet."""
    rows = session.execute(
        select(SentBefore.message, SentBefore.number)
        .where(
            SentBefore.workspace_id == workspace_id,
            SentBefore.message.in_(keys),
            SentBefore.used.is_(False),
            SentBefore.at > since,
        )
        .order_by(SentBefore.number)
    )
    found: defaultdict[str, list[int]] = defaultdict(list)
    for key, number in rows:
        found[key].append(number)
    return dict(found)


def use_up(session: Session, workspace_id: str, key: str, number: int) -> bool:
    """Let a message stand for what left; False when another one does already."""
    return bool(
        written(
            session,
            update(SentBefore)
            .where(
                SentBefore.workspace_id == workspace_id,
                SentBefore.message == key,
                SentBefore.number == number,
                SentBefore.used.is_(False),
            )
            .values(used=True)
            .execution_options(synchronize_session=False),
        )
    )
