"""What an app's own thread sees: calls that never raise, never wait and never change its data."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.sdk_python.sink import PATIENCE_SECONDS, Sink
from tests.waiting import until
from waypost import ConfigError, Stats, Waypost
from waypost.testing import RecordingTransport


class Hostile:
    """An object that fails however it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def keys(self) -> list[str]:
        raise RuntimeError("no keys")


def in_balance(stats: Stats) -> bool:
    lost = sum(count for reason, count in stats.dropped.items() if reason != "closed")
    return stats.accepted == stats.sent + stats.queued + lost


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.track(None, "e"),
        lambda client: client.track("u", None),
        lambda client: client.track("u", "e", 5),
        lambda client: client.track("u", "e", "text"),
        lambda client: client.track("u", "e", Hostile()),
        lambda client: client.track("u", "e", {"x": Hostile()}),
        lambda client: client.track("u", "e", {(1, 2): 3}),
        lambda client: client.track("u", "e", {"n": 10**5000}),
        lambda client: client.track("u", "e", {"x": "x" * 40_000}),
        lambda client: client.track("u", "e", context=7),
        lambda client: client.track("u", "e", timestamp=Hostile()),
        lambda client: client.identify(Hostile()),
        lambda client: client.identify("u", [1]),
        lambda client: client.group("u", None),
        lambda client: client.group("u", "a", 3),
        lambda client: client.page("u", 5.5),
        lambda client: client.consent("u", "pigeon", True),
        lambda client: client.consent("u", "email", "no"),
        lambda client: client.consent("u", Hostile(), False),
    ],
)
def test_a_bad_call_costs_only_itself(call: Callable[[Any], None], caplog: pytest.LogCaptureFixture) -> None:
    """Bad arguments raise nothing, are counted and logged without their values; the neighbours arrive."""
    transport = RecordingTransport()
    with Waypost("wp_sk_test", transport=transport) as client:
        client.track("u", "before")
        call(client)
        client.track("u", "after")
        assert client.flush()
        assert [event["event"] for event in transport.events] == ["before", "after"]
        assert client.stats.sent == 2
        assert sum(client.stats.dropped.values()) == 1
        assert in_balance(client.stats)
    assert "events_dropped" in caplog.text
    assert "xxx" not in caplog.text


def test_consent_is_an_event() -> None:
    """Channel, topic and answer arrive as `$consent`."""
    transport = RecordingTransport()
    with Waypost("wp_sk_test", transport=transport) as client:
        client.consent("u", "email", False)
        client.consent("u", "all", True, topic="tips", account_id="acme")
        assert client.flush()
    first, second = transport.events
    assert (first["type"], first["event"], first["userId"]) == ("track", "$consent", "u")
    assert first["properties"] == {"channel": "email", "allowed": False}
    assert second["properties"] == {"channel": "all", "allowed": True, "topic": "tips"}


def test_properties_are_taken_as_they_were_at_the_call() -> None:
    """Changing a dictionary after the call does not change the event."""
    transport = RecordingTransport()
    with Waypost("wp_sk_test", transport=transport, linger_seconds=5.0) as client:
        properties, context = {"step": 1}, {"ip": "a"}
        client.track("u", "e", properties, context=context)
        properties["step"], context["ip"] = 2, "b"
        client.flush()
        assert transport.events[0]["properties"] == {"step": 1}
        assert transport.events[0]["context"] == {"ip": "a"}


def test_an_event_keeps_the_id_and_time_it_was_given() -> None:
    """message_id and timestamp are the caller's to set; otherwise ids differ and times are of the call."""
    transport = RecordingTransport()
    before = time.time()
    with Waypost("wp_sk_test", transport=transport) as client:
        client.track("u", "e", message_id="mine", timestamp=0)
        client.track("u", "e")
        client.track("u", "e")
    mine, *own = transport.events
    assert (mine["messageId"], mine["timestamp"]) == ("mine", "1970-01-01T00:00:00.000Z")
    assert own[0]["messageId"] != own[1]["messageId"]
    assert own[0]["timestamp"] >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(before))


@pytest.mark.parametrize("state", ["down", "hanging"])
def test_no_call_waits_for_the_network(sink: Sink, connect: Callable[..., Waypost], state: str) -> None:
    """With the server gone or never answering, the slowest of thousands of calls is under 50 ms."""
    client = connect(queue_size=500)
    sink.gate.clear()
    if state == "down":
        sink.down()
    worst = []
    for _ in range(3):  # the best of three: another process may hold the processor meanwhile
        took = []
        for _ in range(2_000):
            start = time.perf_counter()
            client.track("u", "e", {"a": 1})
            took.append(time.perf_counter() - start)
        worst.append(max(took))
    assert min(worst) < 0.05
    assert client.stats.queued <= 500 + 500  # the queue, and the batch on its way


def test_an_overflow_drops_the_oldest_counts_and_tells(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """The newest events survive; the loss is in the stats, told to the hook, and to the server."""
    told: list[tuple[str, int]] = []
    client = connect(queue_size=10, batch_size=1, on_drop=lambda reason, count: told.append((reason, count)))
    sink.gate.clear()
    client.track("u", "first")
    assert sink.arrived.wait(PATIENCE_SECONDS)
    for number in range(30):
        client.track("u", f"e{number}")
    assert client.stats.dropped == {"queue_full": 20}
    assert client.stats.queued == 11
    sink.gate.set()
    assert client.flush()
    assert sink.names == ["first"] + [f"e{number}" for number in range(20, 30)]
    assert told == [("queue_full", 20)]
    assert sink.losses == [{"queue_full": 20}]
    assert in_balance(client.stats)


def test_a_hook_that_fails_or_calls_back_does_no_harm() -> None:
    """The hook may raise, flush or close: the sender goes on and nobody waits for itself."""
    transport, calls = RecordingTransport(), []

    def hook(reason: str, count: int) -> None:
        calls.append((reason, client.flush(0.1)))
        client.track("u", "from the hook")
        raise ValueError("hook")

    client = Waypost("wp_sk_test", transport=transport, on_drop=hook)
    client.track(None, "bad")  # type: ignore[arg-type]
    assert client.close()
    assert calls[0][0] == "invalid"


def test_a_closed_client_counts_what_it_refuses() -> None:
    """close is idempotent; later calls are counted as dropped, and decide says why it is empty."""
    client = Waypost("wp_sk_test", transport=RecordingTransport())
    client.track("u", "e")
    assert client.close()
    assert client.close()
    client.track("u", "late")
    client.identify("u")
    assert client.stats == Stats(accepted=1, sent=1, dropped={"closed": 2}, retried=0, queued=0)
    assert client.flush()
    assert client.decide("u").error == "closed"


def test_an_unused_client_starts_nothing() -> None:
    """Without an event there is no thread, and flush and close return at once."""
    before = threading.active_count()
    client = Waypost("wp_sk_test", transport=RecordingTransport())
    assert client.flush()
    assert threading.active_count() == before
    assert client.close()


class Bell(queue.SimpleQueue[None]):
    """Remembers for how long the sender was ready to sleep."""

    def __init__(self) -> None:
        self.waits: list[float | None] = []

    def get(self, block: bool = True, timeout: float | None = None) -> None:
        self.waits.append(timeout)
        return super().get(block, timeout)


def test_an_idle_sender_sleeps_until_it_is_woken(sink: Sink, connect: Callable[..., Waypost]) -> None:
    """With nothing to do the thread waits without a time limit, so it costs nothing; an event wakes it."""
    client = connect()
    client._sender._bell = bell = Bell()
    client.track("u", "one")
    assert client.flush()
    until("the sender rests", lambda: client._sender.buffer.idle and bell.waits[-1] is None)
    client.track("u", "two")
    assert client.flush()
    assert sink.names == ["one", "two"]


def test_a_call_from_a_signal_handler_that_interrupts_a_call_is_safe() -> None:
    """Signals that arrive during calls make calls of their own: nothing waits for itself, nothing is lost."""
    transport = RecordingTransport()
    client = Waypost("wp_sk_test", transport=transport, queue_size=1_000_000)
    hits = 0

    def handler(_signal: int, _frame: FrameType | None) -> None:
        nonlocal hits
        hits += 1
        client.track("u", "signal")

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        calls = 0
        while hits < 50:
            client.track("u", "call")
            calls += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert client.close(30.0)
    assert client.stats.sent == calls + hits == len(transport.events)


def test_a_call_when_no_thread_can_start_is_kept_for_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without threads the events wait, and close sends them itself."""

    def cannot_start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport = RecordingTransport()
    client = Waypost("wp_sk_test", transport=transport)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", cannot_start)
        client.track("u", "one")
        client.track("u", "two")
        assert client.close()
    assert [event["event"] for event in transport.events] == ["one", "two"]


@pytest.mark.parametrize(
    "options",
    [
        {"key": ""}, {"key": None}, {"key": "has space"}, {"key": "line\nbreak"}, {"host": "localhost:7400"},
        {"host": "ftp://x"}, {"host": "http://user:word@x"}, {"host": ""}, {"batch_size": 0}, {"batch_size": 501},
        {"batch_bytes": 10**6}, {"queue_size": 0}, {"request_timeout": 0}, {"linger_seconds": -1},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused_where_they_are_written(options: dict[str, Any]) -> None:
    """A wrong option is the one thing that raises, when the client is made."""
    with pytest.raises(ConfigError):
        Waypost(**{"key": "wp_sk_test", **options})


def test_importing_and_calling_load_no_network_code() -> None:
    """http.client, ssl and the like are loaded by the sender's thread, not by import or by the first call."""
    script = (
        "import sys, waypost; wp = waypost.Waypost('k', 'http://127.0.0.1:9'); "
        "print(sorted({'http.client', 'ssl', 'socket', 'email', 'urllib.parse', 'dataclasses'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
