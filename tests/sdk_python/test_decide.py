"""decide asks in the caller's thread, within its time, and never raises."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk_python.sink import Answer, Sink
from waypost import Decision, Waypost
from waypost.testing import RecordingTransport

NUDGE = {"key": "automation-halfway", "surface": "tooltip", "release": 12}
GOOD = Answer(
    body=json.dumps(
        {"userId": "u1", "accountId": "acme", "release": 12, "ttl": 300, "nudges": [NUDGE]}
    ).encode()
)


def test_a_decision_lists_the_nudges_best_first(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """The question names user, account and context; the answer is a Decision."""
    sink.answers = [GOOD]
    decision = connect().decide("u1", account_id="acme", context={"locale": "de-DE"})
    assert decision == Decision("u1", "acme", 12, 300, (NUDGE,), None)
    assert decision.first == NUDGE
    assert sink.seen[0].path == "/v1/decide"
    assert sink.seen[0].body == {"userId": "u1", "accountId": "acme", "context": {"locale": "de-DE"}}


def test_decisions_share_a_connection(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """Calls one after the other use one kept-alive connection, and survive its loss."""
    client = connect()
    sink.answers = [GOOD] * 4
    assert all(client.decide("u1").error is None for _ in range(3))
    assert len({seen.connection for seen in sink.seen}) == 1
    sink.cut()
    assert client.decide("u1").error is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, body=b'{"code":"bad_key"}'), "bad_key"),
        (Answer(500, body=b"<html>"), "http_500"),
        (Answer(503, body=b"[]"), "http_503"),
        (Answer(302, {"Location": "/x"}, b""), "http_302"),
        (Answer(200, body=b"not json"), "bad_response"),
        (Answer(200, body=b'{"nudges":5}'), "bad_response"),
        (Answer(200, body=b'{"nudges":[5]}'), "bad_response"),
        (Answer(200, body=b"[" * 100_000), "bad_response"),
        (Answer(200, body=b"x" * 5_000_000), "network"),
    ],
)
def test_an_answer_without_nudges_is_an_empty_decision(
    sink: Sink, connect: Callable[..., Waypost], answer: Answer, code: str
) -> None:
    """Errors and nonsense become a stable code, never an exception."""
    sink.answers = [answer]
    assert connect().decide("u1", account_id="acme", timeout=5.0) == Decision("u1", "acme", error=code)


def test_a_server_that_is_down_is_a_code(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """A refused connection is `network`."""
    sink.down()
    assert connect().decide("u1").error == "network"


@pytest.mark.parametrize("is_drip", [False, True])
def test_a_slow_server_costs_no_more_than_the_timeout(
    sink: Sink, connect: Callable[..., Waypost], is_drip: bool
) -> None:
    """A server that hangs, or that never finishes its answer, costs the timeout and no more."""
    if is_drip:
        sink.answers = [Answer(200, {"Content-Length": "100000"}, b"{")]
    else:
        sink.gate.clear()
    start = time.monotonic()
    decision = connect().decide("u1", timeout=0.2)
    assert (decision.nudges, decision.error) == ((), "timeout")
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("user_id", [None, "", True, 1.5, object(), ["u"]])
def test_a_senseless_user_is_a_code(user_id: Any) -> None:
    """Bad arguments are `invalid`, and nothing is sent."""
    transport = RecordingTransport()
    with Waypost("wp_sk_test", transport=transport) as client:
        assert client.decide(user_id).error == "invalid"
        assert client.decide("u", context=7).error == "invalid"  # type: ignore[arg-type]
        assert client.decide("u", account_id="").error == "invalid"
    assert transport.requests == []


def test_threads_decide_at_the_same_time(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """Twenty threads asking at once all get their own answer."""
    client, answers = connect(), []
    sink.answer_to = lambda body: Answer(body=json.dumps({"nudges": [{"key": body["userId"]}]}).encode())

    def ask(number: int) -> None:
        for _ in range(5):
            decision = client.decide(f"u{number}", timeout=20.0)
            answers.append((decision.user_id, decision.first["key"] if decision.first else decision.error))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 100
    assert [pair for pair in answers if pair[0] != pair[1]] == []


def test_an_event_flushed_before_is_seen_by_the_decision() -> None:
    """flush then decide: the server has the event before the question."""
    transport = RecordingTransport(nudges=[NUDGE])
    with Waypost("wp_sk_test", transport=transport) as client:
        client.track("u1", "automation_created")
        assert client.flush()
        assert client.decide("u1").nudges == (NUDGE,)
    assert [request.path for request in transport.requests] == ["/v1/batch", "/v1/decide"]


def test_an_outage_is_one_warning(
    sink: Sink, connect: Callable[..., Waypost], caplog: pytest.LogCaptureFixture
) -> None:
    """The first failure and, once there was an answer again, the next one; those between are information."""
    away = Answer(503, body=b"[]")
    sink.answers = [away, away, GOOD, away]
    client = connect()
    with caplog.at_level("INFO", "waypost"):
        for _ in range(4):
            client.decide("u1")
    said = [each.levelname for each in caplog.records if "decide_without_answer" in each.message]
    assert said == ["WARNING", "INFO", "WARNING"]
