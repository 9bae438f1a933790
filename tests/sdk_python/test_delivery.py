"""Batches, retries and losses, against a real server."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Callable
from email.utils import formatdate

import pytest

from tests.sdk_python.sink import PATIENCE_SECONDS, Answer, Sink
from tests.waiting import until
from waypost import Waypost

pytestmark = pytest.mark.slow

Connect = Callable[..., Waypost]


def ids_of(sink: Sink) -> list[str]:
    return [event["messageId"] for event in sink.events]


def test_a_burst_arrives_in_order_in_few_compressed_requests(sink: Sink, connect: Connect) -> None:
    """3,000 events arrive once and in order, on one connection, at most 500 a request, gzipped."""
    client = connect()
    for number in range(3_000):
        client.track("u1", f"e{number}", {"plan": "pro"}, account_id="acme")
    assert client.flush(20)
    assert sink.names == [f"e{number}" for number in range(3_000)]
    assert max(len(seen.body["batch"]) for seen in sink.seen) <= 500
    assert len({seen.connection for seen in sink.seen}) == 1
    big = max(sink.seen, key=lambda seen: seen.wire_bytes)
    assert big.headers["Content-Encoding"] == "gzip"
    assert b64decode(big.headers["Authorization"].removeprefix("Basic ")) == b"wp_sk_test:"
    assert client.stats.sent == 3_000


def test_a_small_batch_is_sent_plain(sink: Sink, connect: Connect) -> None:
    """Under a kilobyte compression is not worth it."""
    client = connect()
    client.track("u", "e")
    assert client.flush()
    assert "Content-Encoding" not in sink.seen[0].headers


def test_no_request_is_above_the_byte_limit(sink: Sink, connect: Connect) -> None:
    """Large events are spread over requests under 475 KB, uncompressed."""
    client = connect(gzip=False)
    for number in range(60):
        client.track("u", f"e{number}", {"text": "x" * 20_000})
    assert client.flush(20)
    assert len(sink.names) == 60
    assert max(seen.wire_bytes for seen in sink.seen) < 480_000


def test_a_server_that_goes_down_and_comes_back_loses_nothing(sink: Sink, connect: Connect) -> None:
    """Events before, during and after an outage arrive once each, in order; the caller sees no error."""
    client = connect(retry_base_seconds=0.2, retry_cap_seconds=1.0)
    for number in range(50):
        client.track("u", f"before{number}")
    assert client.flush()
    sink.down()
    went_down = time.monotonic()
    for number in range(500):
        client.track("u", f"during{number}")
    until("two seconds of retries", lambda: client.stats.retried >= 4 and time.monotonic() > went_down + 2)
    sink.up()
    for number in range(50):
        client.track("u", f"after{number}")
    assert client.flush(20)
    expected = [
        f"{when}{n}" for when, count in (("before", 50), ("during", 500), ("after", 50)) for n in range(count)
    ]
    assert sink.names == expected
    assert len(set(ids_of(sink))) == len(expected)
    assert not client.stats.dropped


def test_an_answer_lost_on_the_way_repeats_the_same_ids(sink: Sink, connect: Connect) -> None:
    """When the connection breaks after the server stored a batch, the repeat carries the same message ids."""
    client = connect(request_timeout=0.3)
    sink.gate.clear()
    client.track("u", "e")
    assert sink.arrived.wait(PATIENCE_SECONDS)
    until("the client gives up waiting", lambda: client.stats.retried >= 1)
    sink.gate.set()
    assert client.flush()
    sink.wait_for(lambda: len(sink.seen) >= 2, "both copies are read")
    assert len(set(ids_of(sink))) == 1
    assert client.stats.sent == 1


def test_an_idle_connection_the_server_closed_is_no_failure(sink: Sink, connect: Connect) -> None:
    """A kept-alive connection that was cut is opened again without counting a retry."""
    client = connect()
    for name in ("one", "two", "three"):
        client.track("u", name)
        assert client.flush()
        sink.cut()
    assert sink.names == ["one", "two", "three"]
    assert client.stats.retried == 0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_succeed_later_is_sent_again(sink: Sink, connect: Connect, status: int) -> None:
    """Retries carry their number and a fresh sentAt; the first attempt carries none."""
    sink.answers = [Answer(status), Answer(status, body=b"<html>"), Answer()]
    client = connect(retry_base_seconds=0.05)
    client.track("u", "e")
    assert client.flush()
    assert [seen.headers.get("X-Retry-Count") for seen in sink.seen] == [None, "1", "2"]
    assert len({seen.body["sentAt"] for seen in sink.seen}) == 3
    assert client.stats.retried == 2
    assert client.stats.sent == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed(sink: Sink, connect: Connect, status: int, as_date: bool) -> None:
    """No request comes sooner than the server asked, whether in seconds or as a date."""
    header = formatdate(time.time() + 2, usegmt=True) if as_date else "1"
    sink.answers = [Answer(status, {"Retry-After": header})]
    client = connect()
    client.track("u", "one")
    sink.wait_for(lambda: len(sink.seen) == 1, "the first attempt")
    client.track("u", "two")
    assert not client.flush(0.1)  # somebody waiting is no reason to hurry
    assert client.flush(10)
    waited = sink.seen[1].at - sink.seen[0].at
    assert waited >= (0.8 if as_date else 1.0)  # a date has whole seconds
    assert sink.names == ["one", "two"]


def test_waits_grow_between_attempts(sink: Sink, connect: Connect) -> None:
    """Back-off doubles: the dice at their highest show the bounds."""
    sink.answers = [Answer(500)] * 4
    client = connect(retry_base_seconds=0.05, retry_cap_seconds=10.0)
    client.track("u", "e")
    assert client.flush()
    at = [seen.at for seen in sink.seen]
    for number, bound in enumerate((0.05, 0.1, 0.2, 0.4)):
        assert at[number + 1] - at[number] >= bound


def test_a_batch_too_large_is_split_until_it_fits(sink: Sink, connect: Connect) -> None:
    """413 halves the batch; a single event that is still too large is dropped and counted."""

    def judge(body: dict[str, list[dict[str, str]]]) -> Answer | None:
        names = [event["event"] for event in body["batch"]]
        return Answer(413) if len(names) > 2 or "monster" in names else None

    sink.answer_to = judge
    client = connect(linger_seconds=5.0)
    names = [f"e{number}" for number in range(9)]
    for name in [*names[:4], "monster", *names[4:]]:
        client.track("u", name)
    assert client.flush()
    assert sink.names == names
    assert client.stats.dropped == {"too_large": 1}


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 422])
def test_what_can_never_succeed_is_dropped_and_counted(sink: Sink, connect: Connect, status: int) -> None:
    """The batch is gone after one attempt, the next one goes out, and tells the server of the loss."""
    sink.answers = [Answer(status, {"Location": "/elsewhere"}, b'{"code":"bad_key"}')]
    told: list[tuple[str, int]] = []
    client = connect(on_drop=lambda reason, count: told.append((reason, count)))
    client.track("u", "lost")
    assert client.flush()
    client.track("u", "kept")
    assert client.flush()
    assert sink.names == ["kept"]
    assert client.stats.dropped == {"refused": 1}
    assert told == [("refused", 1)]
    assert sink.losses == [{"refused": 1}]


def test_events_the_server_refuses_one_by_one_are_counted(sink: Sink, connect: Connect) -> None:
    """A 200 with verdicts: refused events are losses, the others are sent."""
    verdict = {"success": True, "accepted": 1, "rejected": [{"index": 0, "code": "too_deep", "message": "…"}]}
    sink.answers = [Answer(body=json.dumps(verdict).encode())]
    client = connect(linger_seconds=5.0)
    client.track("u", "deep")
    client.track("u", "fine")
    assert client.flush()
    assert client.stats.sent == 1
    assert client.stats.dropped == {"rejected": 1}


def test_nan_reaches_the_server_as_valid_json(sink: Sink, connect: Connect) -> None:
    """Strict receivers can read what we send: NaN and Infinity are null."""
    client = connect()
    client.track("u", "e", {"nan": float("nan"), "inf": [float("inf")], "n": 1.5})
    assert client.flush()
    assert sink.events[0]["properties"] == {"nan": None, "inf": [None], "n": 1.5}


def test_flush_says_when_it_ran_out_of_time(sink: Sink, connect: Connect) -> None:
    """flush gives False while the server hangs, and True once it answered."""
    client = connect()
    sink.gate.clear()
    client.track("u", "e")
    assert not client.flush(0.05)
    sink.gate.set()
    assert client.flush(10)


def test_close_gives_up_in_time_and_counts_what_it_leaves(sink: Sink, connect: Connect) -> None:
    """With the server down, close returns within its time and everything left is counted."""
    client = connect()
    sink.down()
    for _ in range(20):
        client.track("u", "e")
    start = time.monotonic()
    assert not client.close(0.5)
    assert time.monotonic() - start < 3
    until("the rest is counted", lambda: client.stats.dropped == {"unsent": 20})


def test_close_does_not_wait_for_a_retry_it_cannot_make(sink: Sink, connect: Connect) -> None:
    """Asked to come back in an hour, close ends at once and counts the loss."""
    sink.answers = [Answer(429, {"Retry-After": "3600"})]
    client = connect()
    client.track("u", "e")
    sink.wait_for(lambda: len(sink.seen) == 1, "the first attempt")
    start = time.monotonic()
    assert not client.close(10.0)
    assert time.monotonic() - start < 5
    assert client.stats.dropped == {"unsent": 1}


def test_a_slow_drip_is_cut_at_the_request_timeout(sink: Sink, connect: Connect) -> None:
    """An answer that never ends does not hold the sender longer than one request's time."""
    sink.answers = [Answer(200, {"Content-Length": "100000"}, b"{")]
    client = connect(request_timeout=0.3)
    client.track("u", "e")
    until("the sender gives up on the drip", lambda: client.stats.retried >= 1)
    assert client.flush(10)


def test_a_fault_of_the_sdk_costs_one_batch_and_is_counted(
    sink: Sink, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When our own code fails, the thread lives, the books balance and the next batch goes out."""
    client = connect()
    with monkeypatch.context() as patch:
        patch.setattr("waypost.wire.envelope", lambda *args, **kwargs: 1 / 0)
        client.track("u", "unlucky")
        assert client.flush()
    client.track("u", "lucky")
    assert client.flush()
    assert sink.names == ["lucky"]
    assert client.stats.dropped == {"internal": 1}
