"""A database that was restored from a backup sends nothing until the operator says so, and nothing twice then.

A restored database has forgotten what left after the backup. Two things outside it remember: the journal of
what left (`store/sent_journal.py`), whose numbers then run ahead of the database's; and, on PostgreSQL, the server
itself, whose identity the database carries with it. Either throws the kill switch for everything. What the
journal says has left is kept as `sent_before`, and a message that is the same as one of those ends without
being sent, whether it waited in the backup or is decided once more.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from waypost_server.services.audit_everywhere import audit_everywhere
from waypost_server.services.runtime import Runtime
from waypost_server.store import send_marks, stops
from waypost_server.store.tables import Delivery, SendMark

log = logging.getLogger("waypost.restored")
REMEMBERED = timedelta(days=14)  # after which the same message to the same person is a new one
SENT_BEFORE = "it had left already before the database was restored from a backup"
ACTOR = "waypost"
CHUNK = 1000  # rows
FORBIDDEN = "42501"  # PostgreSQL: a privilege that was taken away


def stopped(runtime: Runtime) -> bool:
    """Whether this database was restored since it last sent; then everything is stopped before this returns.

    What is outside is read first: a number is written there after the database has it.
    """
    last = _last(runtime)
    with runtime.db.read() as session:
        here = _home(session)
        mark = send_marks.get(session)
    why = _why(runtime, mark, here, last)
    if not why and (mark.home or not here) and not _owes(runtime, mark):
        return False
    with runtime.db.write() as session:
        mark = send_marks.get(session, lock=True)  # another worker may have been quicker
        why = _why(runtime, mark, here, last)
        if why:
            _hold(session, runtime, mark, here, last, why)
        elif here and not mark.home:
            send_marks.change(session, home=here)
        if not why and _owes(runtime, mark):
            _hand_in(session, runtime, mark)
    if runtime.sent is not None:
        runtime.sent.taken_up = mark.restored_at
    return bool(why)


def left_key(runtime: Runtime, row: Delivery) -> str:
    """The same for the same message, also when it is decided once more: neither ids nor times are in it. What is
    told of a task is never decided once more; there its whole text counts."""
    words = row.template or row.subject
    if row.channel == "webhook" and not row.play:
        words = row.body
    parts = (row.workspace_id, row.channel, row.play, words, row.person, row.account_id, row.user_id)
    message = "\x1f".join((*parts, row.recipient.strip().casefold())).encode()
    return hmac.new(runtime.secret.encode(), message, hashlib.sha256).hexdigest()[:40]


def number(session: Session, runtime: Runtime) -> int:
    """The number of the mark that this transaction sets; 0 where no journal is kept."""
    return send_marks.next_number(session) if runtime.sent is not None else 0


def note(runtime: Runtime, marked: int, rows: Sequence[Delivery]) -> None:
    """After the number is committed, and before anything leaves that a repeat would harm: write down what is about to.

    A disk that refuses is logged and costs no message: the journal only counts after a restore.
    """
    if runtime.sent is None or not rows:
        return
    try:
        runtime.sent.note(
            marked, runtime.clock(), [(row.workspace_id, left_key(runtime, row)) for row in rows]
        )
    except OSError as error:
        log.error("sent.journal", extra={"path": str(runtime.sent.path), "error": str(error)})


def left_before(session: Session, runtime: Runtime, rows: Sequence[Delivery]) -> dict[str, list[int]]:
    """Key → numbers, for those of `rows` that left in the time that a restored database forgot."""
    keys = {left_key(runtime, row) for row in rows}
    since = runtime.clock() - REMEMBERED
    return send_marks.sent_before(session, rows[0].workspace_id, keys, since=since)


def stands_for(session: Session, runtime: Runtime, row: Delivery, before: dict[str, list[int]]) -> bool:
    """Whether this message is one that left before; then it is the only one that stands for it."""
    key = left_key(runtime, row)
    return any(send_marks.use_up(session, row.workspace_id, key, each) for each in before.get(key, ()))


def _home(session: Session) -> str:
    try:
        return send_marks.home(session)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != FORBIDDEN:
            raise
        session.rollback()
        return ""


def _last(runtime: Runtime) -> int:
    return runtime.sent.last() if runtime.sent is not None else 0


def _why(runtime: Runtime, mark: SendMark, here: str, last: int) -> str:
    if here and mark.home and mark.home != here:
        return "The database is on another server than before, or was restored there from a backup."
    if last > mark.number:
        return "The database was restored from a backup."
    if runtime.sent is not None and runtime.db.is_sqlite and mark.number and not runtime.sent.exists():
        return "The database was copied or restored without its record of what has left."
    return ""


def _owes(runtime: Runtime, mark: SendMark) -> bool:
    """Whether this machine's journal may know something of what the database forgot."""
    if runtime.sent is None or mark.restored_at is None or runtime.sent.taken_up == mark.restored_at:
        return False
    return mark.restored_at > runtime.clock() - REMEMBERED


def _hold(session: Session, runtime: Runtime, mark: SendMark, here: str, last: int, why: str) -> None:
    now = runtime.clock()
    mark.lost_from, mark.lost_to, mark.restored_at = mark.number, max(mark.number, last), now
    send_marks.change(
        session,
        number=mark.lost_to,
        lost_from=mark.lost_from,
        lost_to=mark.lost_to,
        restored_at=now,
        home=here or mark.home,
    )
    known = _hand_in(session, runtime, mark)
    if runtime.sent is not None and not runtime.sent.exists():
        runtime.sent.note(mark.lost_to, now, [])
    reason = f"{why} {_on_record(known)}"
    stops.end(session, stops.EVERYWHERE)  # the newest reason counts
    stops.put(session, {"workspace_id": stops.EVERYWHERE, "at": now, "actor": ACTOR, "reason": reason})
    audit_everywhere(session, runtime, ACTOR, "sending.stopped", {"reason": reason})
    log.error("sending.restored", extra={"reason": reason, "from": mark.lost_from, "to": mark.lost_to})


def _on_record(known: int) -> str:
    if not known:
        return "What has left since the backup is not on record here."
    return f"{known:,} messages that have left since the backup are on record and will not leave again."


def _hand_in(session: Session, runtime: Runtime, mark: SendMark) -> int:
    """Give the database what this machine's journal knows of the time that it forgot; how many messages."""
    if runtime.sent is None:
        return 0
    rows = [
        {"workspace_id": each.workspace_id, "message": each.key, "number": each.number, "at": each.at}
        for each in runtime.sent.between(mark.lost_from, mark.lost_to)
    ]
    for at in range(0, len(rows), CHUNK):
        send_marks.add_sent_before(session, rows[at : at + CHUNK])
    return len(rows)
