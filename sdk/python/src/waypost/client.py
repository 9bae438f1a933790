"""The client an app talks to. Nothing here raises for the app's data, blocks, or does I/O, except `decide`.

The reporting methods copy their arguments into a tuple and return; the sender's thread does the rest. They
repeat a few lines on purpose: one more function call would cost as much as half of the work.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic, time
from typing import Any, Self

from waypost import config, lifetime
from waypost.config import DropHook, Options, checked
from waypost.decider import Decider
from waypost.decision import Decision
from waypost.errors import ClosedError, InvalidEventError
from waypost.ledger import Stats, log
from waypost.sender import Sender
from waypost.transport import Transport, http_transport
from waypost.wire import REFUSED_CALL

Fields = Mapping[str, Any] | None
CHANNELS = ("in_app", "email", "chat", "all")  # the ways a message may reach a person


class Waypost:
    """Reports what people do and asks which nudges to show. Make one per process; threads may share it."""

    _number: Callable[[], int]

    def __init__(  # noqa: PLR0913 - one option, one keyword: that is what editors complete
        self,
        key: str,
        host: str = config.DEFAULT_HOST,
        *,
        queue_size: int = config.QUEUE_SIZE,
        batch_size: int = config.BATCH_SIZE,
        batch_bytes: int = config.BATCH_BYTES,
        linger_seconds: float = config.LINGER_SECONDS,
        gzip: bool = True,
        request_timeout: float = config.REQUEST_SECONDS,
        retry_base_seconds: float = config.RETRY_BASE_SECONDS,
        retry_cap_seconds: float = config.RETRY_CAP_SECONDS,
        exit_timeout: float = config.EXIT_SECONDS,
        on_drop: DropHook | None = None,
        transport: Transport | None = None,
        dice: Callable[[], float] = config.roll,
    ) -> None:
        """Check the options (`ConfigError`); connect to nothing and start nothing yet.

        `on_drop(reason, count)` is called on the sender's thread. `transport` replaces the network in tests.
        """
        self._options = checked(
            Options(
                key=key,
                host=host,
                queue_size=queue_size,
                batch_size=batch_size,
                batch_bytes=batch_bytes,
                linger_seconds=linger_seconds,
                gzip=gzip,
                request_timeout=request_timeout,
                retry_base_seconds=retry_base_seconds,
                retry_cap_seconds=retry_cap_seconds,
                exit_timeout=exit_timeout,
                on_drop=on_drop,
                dice=dice,
            )
        )
        self.exit_timeout = exit_timeout
        self._own_transport = transport
        self._is_closed = False
        self.begin_process()
        lifetime.follow(self)

    def track(
        self,
        user_id: str,
        event: str,
        properties: Fields = None,
        *,
        account_id: str | None = None,
        timestamp: datetime | float | str | None = None,
        message_id: str | None = None,
        context: Fields = None,
    ) -> None:
        """Report that a user did something. `message_id` makes a repeat of the same event harmless."""
        try:
            payload = dict(properties) if properties else None
            around = dict(context) if context else None
            when = time() if timestamp is None else timestamp
            self._add(
                ("track", user_id, event, payload, account_id, when, message_id, around, None, self._number())
            )
        except Exception as error:  # noqa: BLE001 - boundary: the app goes on, the loss is counted
            self._refuse("track", error)

    def identify(
        self,
        user_id: str,
        traits: Fields = None,
        *,
        account_id: str | None = None,
        role: str | None = None,
        timestamp: datetime | float | str | None = None,
        message_id: str | None = None,
    ) -> None:
        """Report what is known of a user: traits, and the role in an account."""
        try:
            payload = dict(traits) if traits else None
            when = time() if timestamp is None else timestamp
            self._add(
                ("identify", user_id, None, payload, account_id, when, message_id, None, role, self._number())
            )
        except Exception as error:  # noqa: BLE001 - boundary: the app goes on, the loss is counted
            self._refuse("identify", error)

    def group(
        self,
        user_id: str,
        account_id: str,
        traits: Fields = None,
        *,
        role: str | None = None,
        timestamp: datetime | float | str | None = None,
        message_id: str | None = None,
    ) -> None:
        """Report that a user belongs to an account, and what is known of the account."""
        try:
            payload = dict(traits) if traits else None
            when = time() if timestamp is None else timestamp
            self._add(
                ("group", user_id, None, payload, account_id, when, message_id, None, role, self._number())
            )
        except Exception as error:  # noqa: BLE001 - boundary: the app goes on, the loss is counted
            self._refuse("group", error)

    def page(
        self,
        user_id: str,
        name: str,
        properties: Fields = None,
        *,
        account_id: str | None = None,
        timestamp: datetime | float | str | None = None,
        message_id: str | None = None,
        context: Fields = None,
    ) -> None:
        """Report that a user saw a page."""
        try:
            payload = dict(properties) if properties else None
            around = dict(context) if context else None
            when = time() if timestamp is None else timestamp
            self._add(
                ("page", user_id, name, payload, account_id, when, message_id, around, None, self._number())
            )
        except Exception as error:  # noqa: BLE001 - boundary: the app goes on, the loss is counted
            self._refuse("page", error)

    def consent(
        self,
        user_id: str,
        channel: str,
        allowed: bool,
        *,
        topic: str | None = None,
        account_id: str | None = None,
        timestamp: datetime | float | str | None = None,
        message_id: str | None = None,
    ) -> None:
        """Report whether a user wants to hear through `in_app`, `email`, `chat` or `all`; `topic` narrows it."""
        try:
            if channel not in CHANNELS or type(allowed) is not bool:
                raise InvalidEventError(f"consent needs one of {', '.join(CHANNELS)}, and True or False")
            said = {"channel": channel, "allowed": allowed, **({"topic": topic} if topic else {})}
            when = time() if timestamp is None else timestamp
            number = self._number()
            self._add(("track", user_id, "$consent", said, account_id, when, message_id, None, None, number))
        except Exception as error:  # noqa: BLE001 - boundary: the app goes on, the loss is counted
            self._refuse("consent", error)

    def decide(
        self, user_id: str, *, account_id: str | None = None, context: Fields = None, timeout: float = 1.0
    ) -> Decision:
        """Ask which nudges a user may see now; waits up to `timeout` seconds, and never raises.

        Without an answer the decision is empty and its `error` says why.
        """
        if self._is_closed:
            return Decision(user_id=user_id, account_id=account_id, error="closed")
        return self._decider.decide(user_id, account_id, context, timeout)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything reported so far is sent or dropped; False after `timeout` seconds."""
        return self._sender.flush(timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Send what is left, for at most `timeout` seconds, and end. True: nothing was left behind.

        Later calls are counted as dropped. Closing again changes nothing and gives the same answer.
        """
        self.request_stop(monotonic() + timeout)
        lifetime.forget(self)
        self._decider.close()
        return self._sender.join()

    @property
    def stats(self) -> Stats:
        """The books of this process: accepted, sent, dropped by reason, retried, queued."""
        return self._sender.stats()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request_stop(self, deadline: float) -> None:
        """Take no more events; end by `deadline` (monotonic). `close` waits for it."""
        self._is_closed = True
        self._number = _closed
        self._sender.request_stop(deadline)

    def begin_process(self) -> None:
        """Start with empty books and new message ids: here at birth, and in every forked child.

        What the parent had queued stays the parent's to send.
        """
        self._sender = Sender(self._options, self._connect, prefix=os.urandom(9).hex())
        self._decider = Decider(self._options, self._connect)
        self._add = self._sender.buffer.add
        self._number = _closed if self._is_closed else self._sender.buffer.accepted.add

    def _connect(self) -> Transport:
        return self._own_transport or http_transport(self._options.host)

    def _refuse(self, kind: str, error: Exception) -> None:
        """Count a call whose arguments cannot be used; the sender books and logs it."""
        if isinstance(error, ClosedError):
            self._sender.late.add()
            return
        try:
            reason = f"{kind} was given arguments that cannot be copied ({type(error).__name__})"
            if isinstance(error, InvalidEventError):
                reason = str(error)
            number = self._number()
            self._add((REFUSED_CALL, None, reason, None, None, None, None, None, None, number))
        except Exception:  # noqa: BLE001 - boundary: closed meanwhile, or out of memory
            log.warning("call_not_counted kind=%s", kind)


def _closed() -> int:
    raise ClosedError
