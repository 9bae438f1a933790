"""Processes that end and processes that fork: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.sdk_python.sink import PATIENCE_SECONDS, Answer, Sink

PRELUDE = """
import os, sys, threading, time
import waypost
wp = waypost.Waypost("wp_sk_test", sys.argv[1], queue_size=100_000, retry_base_seconds=0.05)
"""


def run(sink: Sink, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh interpreter against the sink, and require that it ends well."""
    source = PRELUDE + textwrap.dedent(script)
    done = subprocess.run(
        [sys.executable, "-c", source, sink.url], capture_output=True, text=True, timeout=PATIENCE_SECONDS * 2
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done


def names_once(sink: Sink) -> set[str]:
    """Return the names that arrived, having checked that no message id and no name came twice."""
    ids = Counter(event["messageId"] for event in sink.events)
    names = Counter(sink.names)
    assert set(ids.values()) <= {1}
    assert set(names.values()) <= {1}
    return set(names)


def test_a_process_that_just_ends_loses_nothing(sink: Sink) -> None:
    """9,017 events and no flush: all arrive, once."""
    run(sink, 'for n in range(9_017): wp.track("u", f"e{n}", {"a": 1, "b": "two"})')
    assert names_once(sink) == {f"e{n}" for n in range(9_017)}


@pytest.mark.parametrize(
    "ending",
    [
        "sys.exit(0)",
        "del wp",
        "import atexit; atexit.register(lambda: wp.track('u', 'last'))",
        "import atexit; atexit.register(wp.close); wp.close(); wp.close()",
        "t = threading.Thread(target=lambda: wp.track('u', 'last')); t.start()",
    ],
)
def test_every_ordinary_way_to_end_sends_what_is_queued(sink: Sink, ending: str) -> None:
    """Exit, a client let go of, a call made while exiting, close twice: the events arrive once."""
    run(sink, f'wp.track("u", "one"); wp.track("u", "two")\n{ending}')
    assert names_once(sink) - {"last"} == {"one", "two"}
    assert ("last" in sink.names) == ("last" in ending)


def test_a_process_ends_in_bounded_time_when_the_server_is_gone(sink: Sink) -> None:
    """With nobody listening the exit takes at most the exit timeout, and says what was lost."""
    sink.down()
    start = time.monotonic()
    done = run(sink, 'wp.exit_timeout = 1.0; wp.track("u", "one")')
    assert time.monotonic() - start < 4
    assert "reason=unsent count=1" in done.stderr


def test_an_outage_as_the_process_ends_is_ridden_out(sink: Sink) -> None:
    """Errors during the last seconds are retried within the exit timeout."""
    sink.answers = [Answer(503), Answer(500), Answer(502)]
    run(sink, 'wp.track("u", "one")')
    assert names_once(sink) == {"one"}


def test_workers_forked_from_a_master_that_made_the_client_deliver(sink: Sink) -> None:
    """As gunicorn --preload does it: a client made and used before the fork, two workers, 1,000 events."""
    run(
        sink,
        """
        wp.track("u", "master before")
        assert wp.flush()
        children = []
        for worker in range(2):
            pid = os.fork()
            if pid == 0:
                assert wp.stats.accepted == 0
                for request in range(10):
                    for n in range(50):
                        wp.track("u", f"worker{worker}-{request}-{n}")
                sys.exit(0)
            children.append(pid)
        wp.track("u", "master after")
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    expected = {f"worker{w}-{r}-{n}" for w in range(2) for r in range(10) for n in range(50)}
    assert names_once(sink) == expected | {"master before", "master after"}
    assert len({event["messageId"].split("-")[0] for event in sink.events}) == 3


def test_a_fork_with_a_full_queue_and_a_request_on_its_way_sends_nothing_twice(sink: Sink) -> None:
    """The parent's queue and its open request stay the parent's; threads and forks together, many times."""
    run(
        sink,
        """
        def chatter(thread):
            for n in range(2_000):
                wp.track("u", f"parent-{thread}-{n}", {"n": n})
        threads = [threading.Thread(target=chatter, args=(t,)) for t in range(3)]
        for thread in threads: thread.start()
        children = []
        for child in range(8):
            pid = os.fork()
            if pid == 0:
                wp.track("u", f"child-{child}")
                os._exit(0 if wp.flush(45) else 1)
            children.append(pid)
        for thread in threads: thread.join()
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    parents = {f"parent-{t}-{n}" for t in range(3) for n in range(2_000)}
    assert names_once(sink) == parents | {f"child-{child}" for child in range(8)}


def test_a_fork_while_the_sender_still_loads_its_modules_breaks_nothing(sink: Sink) -> None:
    """The first event makes the thread import http.client; a child forked right then has whole modules."""
    run(
        sink,
        """
        importing, forking = threading.Event(), threading.Event()
        class Slow:
            def find_spec(self, name, path=None, target=None):
                if name == "http.client" and not importing.is_set():
                    importing.set()
                    forking.wait(5)
                    for _ in range(200): os.sched_yield()  # let the fork go first, if it can
        sys.meta_path.insert(0, Slow())
        wp.track("u", "parent")
        importing.wait(5)
        forking.set()
        if (pid := os.fork()) == 0:
            import http.client, ssl
            wp.track("u", "child")
            os._exit(0 if hasattr(http.client, "HTTPSConnection") and wp.flush(10) and wp.stats.sent else 1)
        assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert names_once(sink) == {"parent", "child"}


def test_a_grandchild_delivers_too(sink: Sink) -> None:
    """Forking again from a forked worker works the same."""
    run(
        sink,
        """
        wp.track("u", "parent")
        if (pid := os.fork()) == 0:
            wp.track("u", "child")
            if (inner := os.fork()) == 0:
                wp.track("u", "grandchild")
                sys.exit(0)
            assert os.waitpid(inner, 0)[1] == 0
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert names_once(sink) == {"parent", "child", "grandchild"}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_workers_deliver_without_a_flush(sink: Sink, method: str, tmp_path: Path) -> None:
    """A multiprocessing child ends without atexit; what it reported arrives all the same."""
    path = tmp_path / "work.py"
    path.write_text(
        PRELUDE + "import multiprocessing\n"
        "def work(n):\n    for i in range(20): wp.track('u', f'{n}-{i}')\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context('{method}')\n"
        "    processes = [context.Process(target=work, args=(n,)) for n in range(2)]\n"
        "    for p in processes: p.start()\n"
        "    for p in processes: p.join(); assert p.exitcode == 0\n"
    )
    done = subprocess.run([sys.executable, path, sink.url], capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done.stderr
    assert names_once(sink) == {f"{n}-{i}" for n in range(2) for i in range(20)}


def test_a_closed_client_stays_closed_in_a_child(sink: Sink) -> None:
    """Forking does not open a closed client again."""
    run(
        sink,
        """
        wp.track("u", "one")
        wp.close()
        if (pid := os.fork()) == 0:
            wp.track("u", "late")
            os._exit(0 if wp.stats.dropped == {"closed": 1} else 1)
        assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert names_once(sink) == {"one"}
