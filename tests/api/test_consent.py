"""A `$consent` event over HTTP: who may say what, and which answer stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import make_event

YES, NO = True, False


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """A development workspace on each database, where a browser may speak for a person without a token."""
    rig = Rig(database_url)
    yield rig
    rig.close()


def say(rig: Rig, allowed: Any, at: str = "09:00:00", key: str | None = None, **changes: Any) -> None:
    properties = {"channel": "email", "allowed": allowed, **changes.pop("properties", {})}
    event = make_event(event="$consent", timestamp=f"2026-11-23T{at}Z", properties=properties, **changes)
    answer = rig.post("batch", {"batch": [event]}, key)
    assert answer.json["accepted"] == 1


def stored(rig: Rig) -> list[tuple[Any, ...]]:
    return [
        (channel, topic, bool(allowed), trust)
        for channel, topic, allowed, trust in rig.rows(
            "select channel, topic, allowed, trust from consent where workspace_id = :w order by channel, topic"
        )
    ]


def test_the_last_answer_stays_whatever_the_order_of_arrival(rig: Rig) -> None:
    """The time of the event decides, then its messageId; per channel and topic apart."""
    answers = [(NO, "09:00:00", "m-a"), (YES, "09:05:00", "m-b"), (NO, "09:05:00", "m-c")]
    for number, order in enumerate(itertools.permutations(answers)):
        user = f"user-{number}"
        for allowed, at, message_id in order:
            say(rig, allowed, at, userId=user, messageId=f"{message_id}-{number}")
    assert {row[2:] for row in stored(rig)} == {(False, "server")}
    assert rig.one("select count(*) from consent") == 6
    say(rig, YES, "09:06:00", userId="user-0", properties={"topic": "tips"})
    found = rig.client.get("/v1/users/user-0", headers={"Authorization": f"Bearer {rig.secret.text}"})
    assert found.json["consent"] == [
        {"channel": "email", "topic": "", "allowed": False, "at": "2026-11-23T09:05:00.000Z", "trust": "server"},
        {"channel": "email", "topic": "tips", "allowed": True, "at": "2026-11-23T09:06:00.000Z", "trust": "server"},
    ]  # fmt: skip


def test_a_no_needs_no_proof_and_a_yes_does(rig: Rig) -> None:
    """A browser without a token may withdraw for a person; granting again takes the server."""
    say(rig, YES, "09:00:00", rig.public.text)
    assert stored(rig) == []
    say(rig, NO, "09:01:00", rig.public.text)
    say(rig, YES, "09:02:00", rig.public.text)
    assert stored(rig) == [("email", "", False, "asserted")]
    say(rig, YES, "09:03:00")
    assert stored(rig) == [("email", "", True, "server")]


@pytest.mark.parametrize(
    "properties",
    [{"allowed": "yes"}, {"channel": "fax"}, {"channel": ["email"]}, {"topic": 5}, {"topic": "x" * 200}],
)
def test_a_malformed_answer_stays_in_the_log_only(rig: Rig, properties: dict[str, Any]) -> None:
    """It is accepted as an event and changes no consent."""
    say(rig, NO, properties=properties)
    assert stored(rig) == [] and rig.one("select count(*) from event") == 1
