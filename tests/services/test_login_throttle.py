"""Guessing passwords is slow, and no stranger keeps anybody out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.builders import Clock, make_runtime
from waypost_server.services import login_throttle
from waypost_server.services.login_throttle import Person, TooManyAttemptsError, Visitor, let_in, take
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import LoginAttempt

ADA, BEN = Person("acme-prod", "ada@acme.example"), Person("acme-prod", "ben@acme.example")
A_FEW = 12
STRANGER, OFFICE = Visitor("203.0.113.9"), Visitor("198.51.100.1")


@pytest.fixture
def runtime(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """With an address's limit as low as it can be told from a person's: each try is two commits."""
    assert login_throttle.PER_ADDRESS == 60
    monkeypatch.setattr(login_throttle, "PER_ADDRESS", A_FEW)
    return make_runtime(database, clock)


def tries(runtime: Runtime, person: Person, visitor: Visitor, most: int = 100) -> int:
    """How many tries are let through, of `most`."""
    for number in range(most):
        try:
            take(runtime, person, visitor)
        except TooManyAttemptsError:
            return number
    return most


def comes_in(runtime: Runtime, person: Person, visitor: Visitor) -> Visitor:
    """They log in; the same browser, known from now on."""
    with runtime.db.write() as session:
        return replace(visitor, mark=let_in(runtime, session, person, visitor))


def sprays(runtime: Runtime, visitor: Visitor) -> int:
    """Of people who are tried once each, how many get through."""
    return sum(
        tries(runtime, Person("acme-prod", f"u{number}@x.example"), visitor, 1) for number in range(2 * A_FEW)
    )


def test_ten_tries_in_a_quarter_of_an_hour(runtime: Runtime, clock: Clock) -> None:
    """Wherever they come from, strangers together have ten tries for one person; 15 minutes later ten more."""
    assert tries(runtime, ADA, STRANGER, 6) == 6
    assert tries(runtime, replace(ADA, email=" ADA@acme.example"), OFFICE) == 4
    assert tries(runtime, BEN, STRANGER, 1) == 1
    clock.move(minutes=16)
    assert tries(runtime, ADA, STRANGER) == 10


def test_a_stranger_keeps_nobody_out_of_a_browser_they_use(runtime: Runtime) -> None:
    """A browser in which the person has logged in has ten tries of its own, even from the stranger's address."""
    known = comes_in(runtime, ADA, STRANGER)
    assert (
        tries(runtime, ADA, STRANGER) == 10
        and sprays(runtime, replace(STRANGER, address="203.0.113.10")) == A_FEW
    )
    assert tries(runtime, ADA, known) == 10
    assert tries(runtime, ADA, comes_in(runtime, ADA, known)) == 10


def test_a_mark_is_of_one_person_and_of_ours(runtime: Runtime) -> None:
    """Somebody else's mark, a changed one and one under another secret are as good as none."""
    known = comes_in(runtime, ADA, OFFICE)
    assert tries(runtime, BEN, STRANGER) == 10
    assert tries(runtime, BEN, known) == 0
    number, _, proof = known.mark.partition(".")
    for mark in (f"x{number}.{proof}", f"{number}.", ".", "", proof, "ä.ö"):
        assert tries(runtime, BEN, replace(known, mark=mark)) == 0
    elsewhere = comes_in(replace(runtime, secret="another secret"), BEN, OFFICE)
    assert tries(runtime, BEN, elsewhere) == 0


def test_waiting_helps_however_busy_a_stranger_is(runtime: Runtime, clock: Clock) -> None:
    """Refused tries are not counted, so nobody can prolong a wait."""
    assert tries(runtime, ADA, STRANGER) == 10
    for _ in range(14):
        clock.move(minutes=1)
        assert tries(runtime, ADA, STRANGER, 5) == 0
    clock.move(minutes=2)
    assert tries(runtime, ADA, OFFICE, 1) == 1


def test_an_address_is_slowed_down_over_many_people(runtime: Runtime, clock: Clock) -> None:
    """Trying one password on everybody ends; other addresses go on."""
    assert sprays(runtime, STRANGER) == A_FEW
    assert tries(runtime, ADA, STRANGER) == 0 and tries(runtime, ADA, OFFICE, 1) == 1
    clock.move(minutes=16)
    assert tries(runtime, BEN, STRANGER, 1) == 1


def test_the_address_of_a_proxy_keeps_nobody_out(runtime: Runtime, clock: Clock) -> None:
    """Where somebody has logged in within three days, a stranger at the same address uses up nobody's tries."""
    comes_in(runtime, BEN, OFFICE)
    clock.move(days=2, hours=23)
    assert sprays(runtime, OFFICE) == 2 * A_FEW and tries(runtime, ADA, OFFICE, 1) == 1
    clock.move(hours=2)
    assert sprays(runtime, OFFICE) == A_FEW


def test_who_has_one_ipv6_address_has_them_all(runtime: Runtime) -> None:
    """Addresses of one /64 are one address; an IPv4 address written as IPv6 is itself."""
    assert sprays(runtime, Visitor("2001:db8:1:2::1")) == A_FEW
    assert tries(runtime, ADA, Visitor("2001:db8:1:2:ffff::7")) == 0
    assert tries(runtime, ADA, Visitor("2001:db8:1:3::1"), 1) == 1
    assert sprays(runtime, Visitor("::ffff:203.0.113.9")) == A_FEW
    assert tries(runtime, ADA, STRANGER) == 0 and tries(runtime, ADA, Visitor("::ffff:198.51.100.1"), 1) == 1


def test_every_process_counts_the_same(runtime: Runtime, database_url: str, clock: Clock) -> None:
    """Tries are counted in the database: a second process, or one started again, goes on where the first is."""
    assert tries(runtime, ADA, STRANGER, 7) == 7
    engine = open_engine(database_url)
    assert tries(make_runtime(Database(engine), clock), ADA, OFFICE) == 3
    engine.dispose()


def test_of_many_at_once_no_more_than_ten_are_let_through(runtime: Runtime) -> None:
    """Tries that run beside each other are counted too, and those that were refused are forgotten."""
    with ThreadPoolExecutor(6) as pool:
        passed = sum(pool.map(lambda _: tries(runtime, ADA, STRANGER, 1), range(18)))
    with runtime.db.read() as session:
        assert len(session.scalars(select(LoginAttempt)).all()) == 2 * passed
    assert passed <= 10 and passed + tries(runtime, ADA, STRANGER) == 10


def test_who_tried_cannot_be_read(runtime: Runtime) -> None:
    """The table holds neither e-mails nor addresses, and forgets what no longer counts."""
    tries(runtime, ADA, comes_in(runtime, ADA, OFFICE), 3)
    tries(runtime, ADA, STRANGER, 3)
    with runtime.db.read() as session:
        subjects = session.scalars(select(LoginAttempt.subject)).all()
    assert len(subjects) > 6 and all(len(each) == 64 and each.isalnum() for each in subjects)
    runtime.clock.move(days=4)  # type: ignore[attr-defined]
    comes_in(runtime, BEN, OFFICE)
    with runtime.db.read() as session:
        assert len(session.scalars(select(LoginAttempt.subject)).all()) == 1
