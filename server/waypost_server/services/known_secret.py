"""Under another WAYPOST_SECRET than before nothing is sent: nobody who said no would be recognised.

An opt-out is kept as a hash that is made with the secret. The database keeps a fingerprint of the secret, which
tells nothing about it. A process that has another one throws the kill switch for everything, and it stays thrown
until the old secret is back, or a person has accepted the new one and what is lost with the old.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from waypost_server.domain.errors import ConflictError, UnavailableError
from waypost_server.services.audit_everywhere import audit_everywhere
from waypost_server.services.runtime import Runtime
from waypost_server.store import send_marks, stops, suppressions
from waypost_server.store.tables import SendingStop, SendMark

log = logging.getLogger("waypost.secret")
ACTOR = "waypost"
OTHER = (
    "WAYPOST_SECRET is not the one with which opt-outs were recorded, so people who said no would get mail. "
    "Put the old one back on every machine. If it is lost: waypost accept-secret."
)


class Lost(NamedTuple):
    """What cannot be recognised any more under another secret."""

    people: int  # who said no to e-mail, or called one spam
    addresses: int  # that do not take mail


def fingerprint(runtime: Runtime) -> str:
    """The same for the same secret; nobody can read the secret from it."""
    return hmac.new(runtime.secret.encode(), b"waypost secret fingerprint", hashlib.sha256).hexdigest()


def look(runtime: Runtime) -> None:
    """When a process starts. A database that is away, or behind, is looked at by the first sender."""
    try:
        stopped(runtime)
    except DBAPIError as error:
        log.warning("secret.unknown", extra={"error": type(error).__name__})


def stopped(runtime: Runtime) -> bool:
    """Whether this process has another secret than the one known; then everything is stopped before this returns.

    A database that knows none yet takes this one as known.
    """
    with runtime.db.read() as session:
        mark = send_marks.get(session)
        if not _differs(runtime, mark):
            return False
        if mark.fingerprint and _is_held(stops.get(session, stops.EVERYWHERE)):
            return True
    with runtime.db.write() as session:
        mark = send_marks.get(session, lock=True)  # another process may have been quicker
        if not mark.fingerprint:
            send_marks.change(session, fingerprint=fingerprint(runtime))
            return False
        if not _differs(runtime, mark):
            return False
        _hold(session, runtime)
    return True


def is_other(session: Session, runtime: Runtime) -> bool:
    """Whether this process has another secret than the one known: neither links nor opt-outs mean anything to it."""
    mark = send_marks.get(session)
    return bool(mark.fingerprint) and _differs(runtime, mark)


def check(session: Session, runtime: Runtime) -> None:
    """Raises UnavailableError, with the remedy, while this process has another secret than the one known."""
    if is_other(session, runtime):
        raise UnavailableError(OTHER)


def count_lost(session: Session, runtime: Runtime) -> Lost:
    """What is lost if this process's secret is accepted. Raises ConflictError when it is the known one."""
    mark = send_marks.get(session)
    if not is_other(session, runtime):
        raise ConflictError("This is the WAYPOST_SECRET that is known here. There is nothing to accept.")
    return Lost(*suppressions.count(session, since=mark.secret_since))


def accept(runtime: Runtime, *, actor: str) -> Lost:
    """Take this process's secret as the known one; sending stays stopped. Raises ConflictError when it is known."""
    now = runtime.clock()
    with runtime.db.write() as session:
        send_marks.get(session, lock=True)
        lost = count_lost(session, runtime)
        send_marks.change(session, fingerprint=fingerprint(runtime), secret_since=now)
        audit_everywhere(session, runtime, actor, "sending.secret_accepted", lost._asdict())
    return lost


def _differs(runtime: Runtime, mark: SendMark) -> bool:
    return not hmac.compare_digest(mark.fingerprint, fingerprint(runtime))


def _is_held(thrown: SendingStop | None) -> bool:
    return thrown is not None and thrown.reason.startswith(OTHER)


def _hold(session: Session, runtime: Runtime) -> None:
    """Throw the switch; why it was thrown before stays to be read, as does since when."""
    thrown = stops.get(session, stops.EVERYWHERE)
    if _is_held(thrown):
        return
    at, reason = runtime.clock(), OTHER
    if thrown is not None:
        at, reason = thrown.at, f"{OTHER} It was stopped before: {thrown.reason}"
    stops.end(session, stops.EVERYWHERE)
    stops.put(session, {"workspace_id": stops.EVERYWHERE, "at": at, "actor": ACTOR, "reason": reason})
    audit_everywhere(session, runtime, ACTOR, "sending.stopped", {"reason": OTHER})
    log.error("sending.other_secret", extra={"reason": OTHER})
