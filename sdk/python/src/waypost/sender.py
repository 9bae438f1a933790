"""The background thread: takes events from the buffer, sends them in batches, retries, keeps the books.

It starts with the first event and sleeps without waking while there is nothing to do. Every wait ends at once
when somebody rings: a caller with an event, `flush`, `close`.
"""

from __future__ import annotations

import queue
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress

from waypost import ledger as books
from waypost import lifetime, loading, wire
from waypost.buffer import Buffer, Tally
from waypost.config import EVENT_BYTES, GZIP_OVER_BYTES, Options
from waypost.errors import InvalidEventError, TransportError
from waypost.ledger import Ledger, Stats, log
from waypost.outage import Outage
from waypost.transport import Response, Transport
from waypost.wire import Record, Verdict

BATCH_PATH = "/v1/batch"
CLOSING_PAUSE_SECONDS = 0.25  # between attempts while somebody waits for us to end


def authorization(key: str) -> dict[str, str]:
    """Return the header that carries the workspace's key."""
    return {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode("ascii")}


class Sender:
    """One process's buffer, thread and books. A forked child gets a new one."""

    def __init__(self, options: Options, connect: Callable[[], Transport], *, prefix: str) -> None:
        self.buffer = Buffer(options.queue_size, self._wake)
        self.ledger = Ledger(options.on_drop)
        self.late = Tally()  # calls after close
        self._options = options
        self._connect = connect
        self._transport: Transport | None = None
        self._prefix = prefix
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop_at: float | None = None  # monotonic; set once, by request_stop
        self._overflow_booked = 0
        self._outage = Outage()
        self._headers = authorization(options.key) | {"Content-Type": "application/json"}

    # Called by the app's threads

    def flush(self, timeout: float) -> bool:
        """Wait until all events accepted so far are sent or dropped; False if that took too long."""
        target = self.buffer.accepted.value()
        if threading.current_thread() is self._thread:  # from the on_drop hook: it would wait for itself
            return self._settled() >= target
        if self._settled() < target:
            self._wake()
        with self.ledger.changed:
            return self.ledger.changed.wait_for(lambda: self._settled() >= target, timeout)

    def request_stop(self, deadline: float) -> None:
        """Ask the thread to send what it can until `deadline` (monotonic) and end."""
        if self._stop_at is None:
            self._stop_at = deadline
        self._bell.put(None)

    def join(self) -> bool:
        """Wait for the end asked for, or do the work here if no thread could start. True: nothing left."""
        if self._starting.acquire(timeout=1.0):  # a thread just being started is waited for, not doubled
            self._starting.release()
        thread, stop_at = self._thread, self._stop_at
        if stop_at is None or thread is threading.current_thread():
            return False
        if thread is not None:
            thread.join(max(0.0, stop_at - time.monotonic()) + 0.05)
        elif len(self.buffer):
            self._run()
        stats = self.stats()
        if stats.queued:
            log.warning("close_ran_out_of_time queued=%d", stats.queued)
        return not stats.queued and not stats.dropped.get(books.UNSENT)

    def stats(self) -> Stats:
        """Return the books as they stand."""
        with self.ledger.changed:
            sent, dropped, retried = self.ledger.sent, dict(self.ledger.dropped), self.ledger.retried
            overflow = self.buffer.overflowed - self._overflow_booked
            accepted = self.buffer.accepted.value()
        if overflow:
            dropped[books.QUEUE_FULL] = dropped.get(books.QUEUE_FULL, 0) + overflow
        queued = accepted - sent - sum(dropped.values())
        late = self.late.value()
        if late:
            dropped[books.CLOSED] = late
        return Stats(accepted, sent, dropped, retried, max(0, queued))

    def _wake(self) -> None:
        if self._thread is None:
            self._start()
        self._bell.put(None)

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            return  # another thread is at it, or this very call was interrupted by a signal handler
        try:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="waypost-sender", daemon=True)
                thread.start()
                self._thread = thread
                lifetime.close_with_worker_process()
        except RuntimeError as error:  # no more threads, or the interpreter is ending: join() does the work
            self.buffer.idle = True
            log.warning("sender_not_started reason=%s", error)
        finally:
            self._starting.release()

    # The thread

    def _run(self) -> None:
        while True:
            if self._stop_at is None:
                self._rest_until_rung()
                self._linger()
            batch = self.buffer.take(self._options.batch_size)
            if batch:
                self._deliver(batch)
            elif self._stop_at is not None:
                break
            self._book_overflow()
        if self._transport is not None:
            self._transport.close()

    def _rest_until_rung(self) -> None:
        self.buffer.idle = True  # before the look at the buffer, as callers look at it after adding
        if not len(self.buffer) and self._stop_at is None:
            self._bell.get()
        self.buffer.idle = False

    def _linger(self) -> None:
        if 0 < len(self.buffer) < self._options.batch_size:
            self._wait(self._options.linger_seconds)

    def _wait(self, seconds: float) -> None:
        with suppress(queue.Empty):
            self._bell.get(timeout=max(0.0, seconds))

    def _deliver(self, batch: list[Record]) -> None:
        before = self._settled_here()
        try:
            for chunk in wire.chunks(self._encoded(batch), self._options.batch_bytes):
                self._send(chunk)
        except Exception:  # noqa: BLE001 - boundary: whatever happens here, the thread lives and the books balance
            log.exception("sender_failed")
            self.ledger.drop(books.INTERNAL, len(batch) - (self._settled_here() - before))

    def _encoded(self, batch: list[Record]) -> list[str]:
        events: list[str] = []
        for record in batch:
            try:
                event = wire.event_json(record, self._prefix)
            except InvalidEventError as error:
                self.ledger.drop(books.INVALID, 1, f"kind={record[0]} reason={error}")
            except Exception as error:  # noqa: BLE001 - boundary: the app's objects run code when made into text
                self.ledger.drop(books.INVALID, 1, f"kind={record[0]} reason={type(error).__name__}")
            else:
                if len(event) <= EVENT_BYTES:
                    events.append(event)
                else:
                    self.ledger.drop(books.TOO_LARGE, 1, f"kind={record[0]} bytes={len(event)}")
        return events

    def _send(self, events: list[str]) -> None:
        """See one batch through: until it is taken, refused, or there is no time left."""
        attempt = 0
        while not self._is_out_of_time():
            response = self._attempt(events, attempt)
            verdict = wire.verdict_on(response.status) if response else Verdict.RETRY
            if verdict is Verdict.SPLIT and len(events) > 1:
                half = len(events) // 2
                self._send(events[:half])
                self._send(events[half:])
                return
            if response is not None and verdict is not Verdict.RETRY:
                self._settle(response, len(events))
                return
            if not self._pause(response, attempt):
                break
            attempt += 1
            self.ledger.retried += 1
        self.ledger.drop(books.UNSENT, len(events))

    def _attempt(self, events: list[str], attempt: int) -> Response | None:
        self._book_overflow()
        losses = self.ledger.unreported()
        body = wire.envelope(events, sent_at=time.time(), dropped=losses)
        headers = dict(self._headers)
        if attempt:
            headers["X-Retry-Count"] = str(attempt)
        if self._options.gzip and len(body) > GZIP_OVER_BYTES:
            body = _gzipped(body)
            headers["Content-Encoding"] = "gzip"
        try:
            if self._transport is None:
                loading.load()  # also with a transport of the app's: we compress and roll dice
                self._transport = self._connect()
            response = self._transport.send(BATCH_PATH, body, headers, self._request_seconds())
        except TransportError as error:
            self._outage.failed(
                "batch_not_delivered code=%s attempt=%d events=%d", error.code, attempt, len(events)
            )
            return None
        self._outage.ended()
        if 200 <= response.status < 300:
            self.ledger.reported(losses)
        return response

    def _settle(self, response: Response, count: int) -> None:
        verdict = wire.verdict_on(response.status)
        if verdict is Verdict.SPLIT:
            self.ledger.drop(books.TOO_LARGE, count, "status=413")
        elif verdict is Verdict.DROP:
            self.ledger.drop(books.REFUSED, count, f"status={response.status}; check key and host")
        else:
            codes = wire.rejected_codes(response.body)[:count]
            self.ledger.settle(count - len(codes))
            self.ledger.drop(books.REJECTED, len(codes), "codes=" + ",".join(sorted(set(codes))))

    def _pause(self, response: Response | None, attempt: int) -> bool:
        """Wait before the next attempt; False if the end asked for comes first."""
        options = self._options
        seconds = wire.backoff_seconds(
            attempt, base=options.retry_base_seconds, cap=options.retry_cap_seconds, dice=options.dice
        )
        imposed = wire.retry_after_seconds(response, time.time()) if response else None
        if imposed is not None:  # never sooner than asked; the jitter keeps a fleet from returning as one
            seconds = imposed + min(seconds, options.retry_base_seconds)
        elif self._stop_at is not None:
            seconds = min(seconds, CLOSING_PAUSE_SECONDS)
        due = time.monotonic() + seconds
        was_stopping = self._stop_at is not None
        while (left := due - time.monotonic()) > 0:
            if self._stop_at is not None and imposed is None and not was_stopping:
                break  # close() came: one attempt at once
            if self._stop_at is not None and self._stop_at <= due:
                return False
            self._wait(left)
            self._book_overflow()
        return True

    def _request_seconds(self) -> float:
        if self._stop_at is None:
            return self._options.request_timeout
        return max(0.01, min(self._options.request_timeout, self._stop_at - time.monotonic()))

    def _is_out_of_time(self) -> bool:
        return self._stop_at is not None and time.monotonic() >= self._stop_at

    def _book_overflow(self) -> None:
        total = self.buffer.overflowed
        if total > self._overflow_booked:
            count, self._overflow_booked = total - self._overflow_booked, total
            self.ledger.drop(books.QUEUE_FULL, count, f"queue_size={self._options.queue_size}")

    def _settled_here(self) -> int:
        return self.ledger.sent + sum(self.ledger.dropped.values()) - self._overflow_booked

    def _settled(self) -> int:
        return (
            self.ledger.sent
            + sum(self.ledger.dropped.values())
            + self.buffer.overflowed
            - self._overflow_booked
        )


def _gzipped(body: bytes) -> bytes:
    import zlib  # here: loaded by the sender's thread, see loading.py

    packer = zlib.compressobj(level=1, wbits=31)  # 31: with a gzip header
    return packer.compress(body) + packer.flush()
