"""The attention budget is never exceeded, whatever is tried and when."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.budget import TouchSeen, applies, spent
from waypost_server.domain.definitions import Cap, Policy

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
KINDS, CHANNELS = ("interrupting", "passive", "transactional"), ("in_app", "email")
CAPS = st.builds(
    Cap,
    max=st.integers(0, 3),
    per_seconds=st.sampled_from([60, 600, 3600]),
    scope=st.sampled_from(["person", "account"]),
    kinds=st.none() | st.sampled_from([("interrupting",), ("passive",)]),
    channels=st.none() | st.sampled_from([("in_app",), ("email",)]),
)
TRIES = st.lists(
    st.tuples(
        st.integers(0, 900), st.sampled_from(["u1", "u2"]), st.sampled_from(KINDS), st.sampled_from(CHANNELS)
    ),
    max_size=40,
)


def policy(*caps: Cap, gap: int = 0) -> Policy:
    return replace(Policy.without_limits(), caps=caps, min_gap_seconds=gap)


def touch(seconds: float, kind: str = "interrupting", channel: str = "in_app", user: str = "u1") -> TouchSeen:
    return TouchSeen(START + timedelta(seconds=seconds), kind, channel, user, "acme")


@given(st.lists(CAPS, max_size=3), st.sampled_from([0, 30, 300]), TRIES)
def test_no_interleaving_gets_above_a_cap(caps: list[Cap], gap: int, tries: list[tuple]) -> None:
    """Granting whatever the budget allows, in time order, no window of any cap ever holds more than its max."""
    rules = policy(*caps, gap=gap)
    granted: list[TouchSeen] = []
    for seconds, user, kind, channel in sorted(tries):
        mine = [each for each in granted if each.user_id == user]
        now = START + timedelta(seconds=seconds)
        if spent(rules, person=mine, account=granted, kind=kind, channel=channel, now=now) is None:
            granted.append(touch(seconds, kind, channel, user))
    for cap in caps:
        for group in (
            [[each for each in granted if each.user_id == user] for user in ("u1", "u2")]
            if (cap.scope == "person")
            else [granted]
        ):
            counted = [each.at for each in group if applies(cap, each.kind, each.channel)]
            for end in counted:
                window = [at for at in counted if end - timedelta(seconds=cap.per_seconds) < at <= end]
                assert len(window) <= cap.max
    for user in ("u1", "u2"):
        times = [each.at for each in granted if each.user_id == user and each.kind != "transactional"]
        assert all(later - earlier >= timedelta(seconds=gap) for earlier, later in itertools.pairwise(times))


def test_a_slot_is_free_again_exactly_when_its_window_ends() -> None:
    """At T + per_seconds the slot is back; a second before it is not, and `free_at` says so."""
    rules = policy(Cap(max=1, per_seconds=60))

    def ask(seconds: float) -> object:
        now = START + timedelta(seconds=seconds)
        return spent(rules, person=[touch(0)], account=[], kind="passive", channel="in_app", now=now)

    held = ask(59)
    assert held is not None
    assert held.numbers() == {  # type: ignore[attr-defined]
        "limit": "cap", "scope": "person", "used": 1, "max": 1, "per_seconds": 60,
        "free_at": "2026-11-23T10:01:00Z",
    }  # fmt: skip
    assert ask(60) is None


def test_transactional_touches_neither_wait_nor_count() -> None:
    """A transactional message passes a spent budget and spends nothing."""
    rules = policy(Cap(max=1, per_seconds=60), gap=60)
    person = [touch(0)]
    asked = {"account": [], "channel": "email", "now": START}
    assert spent(rules, person=person, kind="transactional", **asked) is None  # type: ignore[arg-type]
    quiet = [touch(0, kind="transactional")]
    assert spent(rules, person=quiet, kind="passive", **asked) is None  # type: ignore[arg-type]


def test_the_gap_holds_between_any_two_kinds() -> None:
    """An e-mail keeps a tooltip waiting for the gap."""
    found = spent(
        policy(gap=3600),
        person=[touch(0, kind="passive", channel="email")],
        account=[],
        kind="interrupting",
        channel="in_app",
        now=START + timedelta(minutes=59),
    )
    assert found is not None
    assert (found.limit, found.free_at) == ("min_gap", START + timedelta(hours=1))
