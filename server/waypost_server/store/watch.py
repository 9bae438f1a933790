"""Notices that PostgreSQL has gone silent, and ends what waits for it.

A server that stops, or whose machine says no, ends its connections by itself. One behind a cut cable, a frozen
host or a hung proxy says nothing, and its clients would wait for ever, one thread after the other. So a statement
that takes long makes this process ask on a new connection whether anybody is there. If nobody
answers, everything that waits is ended, and until somebody answers again every request fails at once.

How long that may take is a question of what a false alarm costs: a request is answered 429 and comes again, but a
worker that is cut off in the middle of a send leaves messages whose fate nobody knows.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

log = logging.getLogger("waypost.database")
IDLE_LOOKS = 10  # without anything in use the thread ends; the next use starts another


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: how old a statement must be before we ask, how often we look, how long an answer may take."""

    slow: float
    look: float
    answer: float


FOR_WORK = Patience(slow=1.0, look=0.5, answer=2.0)  # a server under full load still answers by then
FOR_REQUESTS = Patience(slow=0.5, look=0.2, answer=1.2)  # so that nobody waits two seconds for a 429


class Watch:
    """Of one engine. `connect` opens a connection of its own, which is closed at once."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], patience: Patience) -> None:
        self._connect = connect
        self._patience = patience
        self._used: dict[int, tuple[float, psycopg.Connection[Any]]] = {}
        self._starting = threading.Lock()
        self._pid, self._runs = 0, False
        self._silent = False

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """It is in somebody's hands from now on."""
        self._used[id(connection)] = (time.monotonic(), connection)
        if not self._runs or self._pid != os.getpid():
            self._start()

    def end(self, connection: psycopg.Connection[Any]) -> None:
        """It was given back, or is of no use any more."""
        self._used.pop(id(connection), None)

    def check(self) -> None:
        """Before a new connection is opened. Raises psycopg.OperationalError while nobody answers."""
        if self._silent:
            raise psycopg.OperationalError("the database does not answer")

    def _start(self) -> None:
        with self._starting:
            if not self._runs or self._pid != os.getpid():  # after a fork: threads do not survive it
                self._pid, self._runs = os.getpid(), True
                threading.Thread(target=self._run, name="waypost-watch", daemon=True).start()

    def _run(self) -> None:
        idle = 0
        while idle < IDLE_LOOKS or not self._may_end():
            time.sleep(self._patience.look)
            idle = 0 if self._used or self._silent else idle + 1
            if self._silent or self._slow():
                self._look()

    def _may_end(self) -> bool:
        """A use that begins now either is seen here, or sees that nobody runs."""
        with self._starting:
            self._runs = bool(self._used)
            return not self._runs

    def _slow(self) -> list[psycopg.Connection[Any]]:
        before = time.monotonic() - self._patience.slow
        slow = [connection for since, connection in list(self._used.values()) if since < before]
        for connection in slow:
            if connection.closed:
                self.end(connection)
        return [connection for connection in slow if not connection.closed]

    def _look(self) -> None:
        answered = threading.Event()
        threading.Thread(target=self._ask, args=(answered,), name="waypost-ask", daemon=True).start()
        if answered.wait(self._patience.answer):
            if self._silent:
                log.warning("database.answers")
            self._silent = False
            return
        if not self._silent:
            log.error("database.silent", extra={"waiting": len(self._used)})
        self._silent = True
        for connection in self._slow():
            _cut(connection)

    def _ask(self, answered: threading.Event) -> None:
        """A no is an answer as well: then connections fail by themselves."""
        try:
            self._connect().close()
        except psycopg.errors.ConnectionTimeout:
            return
        except (psycopg.Error, OSError) as error:
            log.warning("database.refuses", extra={"error": type(error).__name__})
        answered.set()


def _cut(connection: psycopg.Connection[Any]) -> None:
    """End the connection under whoever waits on it, who gets an error; closing is theirs."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours:
        ours.shutdown(socket.SHUT_RDWR)
