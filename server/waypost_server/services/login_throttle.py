"""How many passwords may be tried: guessing is slow, and no stranger keeps anybody out.

A browser in which a person has logged in before holds a signed mark, and its tries for that person are counted apart.
All others share the person's count and their address's. An address from which somebody logged in lately has no count of
its own: behind a proxy or in an office it is everybody's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.services.runtime import Runtime
from waypost_server.store import sessions

WINDOW = timedelta(minutes=15)
LATELY = timedelta(days=3)  # over a weekend
PER_PERSON = 10  # tries in WINDOW; as many in each browser that is known
PER_ADDRESS = 60
SITE = 64  # bits: whoever has one IPv6 address has all that begin alike


class TooManyAttemptsError(BadInputError):
    """Too many tries for this person or from this address."""

    code = "too_many_attempts"
    status = 429


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser that wants to come in: where from, and what it kept from the last time."""

    address: str
    mark: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom they say they are; there need not be one."""

    workspace_id: str
    email: str

    def __str__(self) -> str:
        return f"{self.workspace_id}\n{self.email.strip().lower()}"


def take(runtime: Runtime, person: Person, visitor: Visitor) -> None:
    """Count a try before the password is looked at. Raises TooManyAttemptsError.

    A refused try is taken back: whoever waits gets in, however busy a stranger is. Each is written in a transaction of
    its own before the others are counted, so of many at once no more than the limit find themselves within it.
    """
    now = runtime.clock()
    with runtime.db.write() as session:
        limits = _limits(runtime, session, person, visitor)
        tries = sessions.note_attempt(session, list(limits), now)
    with runtime.db.write() as session:
        is_full = any(sessions.attempts(session, each, now - WINDOW) > most for each, most in limits.items())
        if is_full:
            sessions.take_back(session, tries)
    if is_full:
        words = "Too many attempts. Wait 15 minutes, or ask an administrator for a login link."
        raise TooManyAttemptsError(words)


def _limits(runtime: Runtime, session: Session, person: Person, visitor: Visitor) -> dict[str, int]:
    """Where this try counts, and how many may."""
    limits, address = {_own(runtime, person, visitor): PER_PERSON}, _site(visitor.address)
    lately = runtime.clock() - LATELY
    is_ours = sessions.attempts(session, _subject(runtime, "came-in", address), lately) > 0
    if not is_ours and not _is_known(runtime, person, visitor.mark):
        limits[_subject(runtime, "address", address)] = PER_ADDRESS
    return limits


def let_in(runtime: Runtime, session: Session, person: Person, visitor: Visitor) -> str:
    """Forget the tries of somebody who came in; the mark by which this browser is known from now on."""
    sessions.forget_old_attempts(session, runtime.clock() - LATELY)  # here, as it reads them all
    came_in = _subject(runtime, "came-in", _site(visitor.address))
    sessions.forget_attempts(session, _own(runtime, person, visitor))
    sessions.forget_attempts(session, came_in)
    sessions.note_attempt(session, [came_in], runtime.clock())
    number = secrets.token_urlsafe(16)
    return f"{number}.{_proof(runtime, person, number)}"


def _own(runtime: Runtime, person: Person, visitor: Visitor) -> str:
    """Whose count: this browser's where it is known, else that of all who try to be the person."""
    if _is_known(runtime, person, visitor.mark):
        return _subject(runtime, "browser", visitor.mark)
    return _subject(runtime, "person", str(person))


def _is_known(runtime: Runtime, person: Person, mark: str) -> bool:
    number, _, proof = mark.partition(".")
    return hmac.compare_digest(proof.encode(), _proof(runtime, person, number).encode())


def _proof(runtime: Runtime, person: Person, number: str) -> str:
    return _subject(runtime, "mark", f"{person}\n{number}")


def _site(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or int(found) >> (128 - SITE))


def _subject(runtime: Runtime, kind: str, value: str) -> str:
    """A keyed hash, so that the table of tries is no list of e-mails and addresses."""
    return hmac.new(runtime.secret.encode(), f"login:{kind}:{value}".encode(), hashlib.sha256).hexdigest()
