"""What reporting an event costs an app: Waypost beside a floor of the standard library and the Segment client.

usage: python tests/bench/sdk_python.py [--events 100000] [--runs 3] [--check]

Every figure comes from a fresh process that reports a burst over HTTP to one sink, a child of this script. The
runs alternate, so that a busy machine is unfair to all alike; the table shows medians. Trust the ratios and
the processor times; treat events/s as ±40 %. `--check` exits 1 when a same-run ratio is out of bounds.

floor    the least work that still delivers: a deque, a thread, json.dumps of 500 at a time, zlib, http.client
segment  segment-analytics-python with its queue bound raised; left out when it is not installed
"""

from __future__ import annotations

import argparse
import array
import asyncio
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

PROPERTIES = {"plan": "pro", "seats": 12, "trial": False, "source": "menu", "ms": 1.5}
BOUNDS = (  # figure, against, at most
    ("p50_us", "floor", 5.0),
    ("thread_cpu_us", "floor", 5.0),
    ("p50_us", "segment", 0.15),
    ("thread_cpu_us", "segment", 0.2),
    ("total_cpu_us", "segment", 0.5),
)
Client = tuple[Callable[[int], None], Callable[[], None]]


def main() -> int:
    """Run all, print the table and the ratios."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--child", choices=["sink", *CLIENTS])
    arguments.add_argument("--port", type=int, default=0)
    chosen = arguments.parse_args()
    if chosen.child == "sink":
        asyncio.run(serve())
    elif chosen.child:
        print(json.dumps(measured(*CLIENTS[chosen.child](chosen.port, chosen.events), chosen.events)))
    else:
        return compare(chosen.events, chosen.runs, is_strict=chosen.check)
    return 0


def compare(events: int, runs: int, *, is_strict: bool) -> int:
    """Alternate the clients against one sink and print what they cost."""
    sink = subprocess.Popen(
        [sys.executable, __file__, "--child", "sink"],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert sink.stdout is not None
    try:
        port = int(sink.stdout.readline())
        found: dict[str, list[dict[str, float]]] = {name: [] for name in CLIENTS if is_installed(name)}
        for _ in range(runs):
            for name, figures in found.items():
                figures.append(one_run(name, port, events))
    finally:
        sink.kill()
        sink.wait()
    medians = {
        name: {figure: statistics.median(run[figure] for run in figures) for figure in figures[0]}
        for name, figures in found.items()
    }
    report(medians, events, runs)
    return 1 if not ratios_hold(medians) and is_strict else 0


def report(medians: dict[str, dict[str, float]], events: int, runs: int) -> None:
    """Print one line a client."""
    print(f"{events:,} events with {len(PROPERTIES)} properties, medians of {runs} runs")
    names = list(next(iter(medians.values())))
    print(f"{'':10}" + "".join(f"{name:>16}" for name in names))
    for client, figures in medians.items():
        print(f"{client:10}" + "".join(f"{figures[name]:>16,.2f}" for name in names))


def ratios_hold(medians: dict[str, dict[str, float]]) -> bool:
    """Print each bounded ratio; False when one is out of bounds."""
    is_fine = True
    for figure, other, most in BOUNDS:
        if other in medians:
            ratio = medians["waypost"][figure] / medians[other][figure]
            is_fine &= ratio <= most
            print(
                f"{figure} / {other}: {ratio:.2f}x (at most {most}x){'' if ratio <= most else '  OUT OF BOUNDS'}"
            )
    return is_fine


def one_run(name: str, port: int, events: int) -> dict[str, float]:
    """Measure a client in a fresh process."""
    command = [sys.executable, __file__, "--child", name, "--port", str(port), "--events", str(events)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return {figure: float(value) for figure, value in json.loads(done.stdout.splitlines()[-1]).items()}


def measured(send: Callable[[int], None], flush: Callable[[], None], events: int) -> dict[str, float]:
    """Report a burst and flush it; times in microseconds an event."""
    took = array.array("q", bytes(8 * events))
    clock = time.perf_counter_ns
    cpu_before, began, thread_before = _cpu(), time.monotonic(), time.thread_time()
    for number in range(events):
        start = clock()
        send(number)
        took[number] = clock() - start
    thread_cpu = time.thread_time() - thread_before
    flush()
    wall, total_cpu = time.monotonic() - began, _cpu() - cpu_before
    ordered = sorted(took)
    return {
        "p50_us": ordered[events // 2] / 1e3,
        "p99_us": ordered[events * 99 // 100] / 1e3,
        "thread_cpu_us": thread_cpu / events * 1e6,
        "total_cpu_us": total_cpu / events * 1e6,
        "delivered_per_s": events / wall,
    }


def waypost(port: int, events: int) -> Client:
    """Our client, its queue bound raised so that the burst is not dropped."""
    from waypost import Waypost

    client = Waypost("wp_sk_bench", f"http://127.0.0.1:{port}", queue_size=events + 1)

    def flush() -> None:
        assert client.flush(120)
        assert client.stats.sent == events

    return lambda number: client.track("u1", "report_created", PROPERTIES, account_id="acme"), flush


def floor(port: int, events: int) -> Client:
    """The least that delivers: no id per call worth the name, no retry, no bound, no books."""
    import http.client
    import threading
    import zlib
    from collections import deque

    queue: deque[Any] = deque()
    done = threading.Event()

    def run() -> None:
        connection, sent = http.client.HTTPConnection("127.0.0.1", port), 0
        while sent < events:
            batch = [queue.popleft() for _ in range(min(500, len(queue)))]
            if not batch:
                done.wait(0.001)
                continue
            named = [{"type": "track", "messageId": i, "timestamp": t, "userId": u, "event": e, "properties": p}
                     for i, u, e, p, t in batch]  # fmt: skip
            body = zlib.compress(json.dumps({"batch": named}).encode(), 1)
            connection.request("POST", "/v1/batch", body)
            connection.getresponse().read()
            sent += len(batch)
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return lambda number: queue.append((number, "u1", "report_created", dict(PROPERTIES), time.time())), (
        lambda: None if done.wait(120) else sys.exit("the floor did not deliver")
    )


def segment(port: int, events: int) -> Client:
    """The official client, as it comes, with a queue that holds the burst."""
    from segment.analytics.client import Client as Segment

    client = Segment("key", host=f"http://127.0.0.1:{port}", max_queue_size=events + 1)
    return lambda number: client.track("u1", "report_created", PROPERTIES), client.flush


def is_installed(name: str) -> bool:
    """Segment is optional; the others are always there."""
    return name != "segment" or importlib.util.find_spec("segment") is not None


async def serve() -> None:
    """Answer 200 to every request, reading no more of it than its length."""
    answer = b'{"success":true,"accepted":0,"duplicate":0,"rejected":[]}'
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or b"0"))
                writer.write(reply % (len(answer), answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


CLIENTS: dict[str, Callable[[int, int], Client]] = {"floor": floor, "waypost": waypost, "segment": segment}

if __name__ == "__main__":
    sys.exit(main())
