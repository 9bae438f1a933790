"""Asks the server which nudges a user may see: in the caller's thread, bounded in time, never raising."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from waypost.config import Options
from waypost.decision import Decision, decision_from
from waypost.errors import TransportError
from waypost.ledger import log
from waypost.outage import Outage
from waypost.sender import authorization
from waypost.transport import Transport

DECIDE_PATH = "/v1/decide"
KEPT_CONNECTIONS = 8  # more threads at once open more, and close them after use


class Decider:
    """A small pool of kept-alive transports; each call borrows one. A forked child gets a new pool."""

    def __init__(self, options: Options, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._pool: deque[Transport] = deque()
        self._headers = authorization(options.key) | {"Content-Type": "application/json"}
        self._outage = Outage()

    def decide(
        self, user_id: str, account_id: str | None, context: Mapping[str, Any] | None, timeout: float
    ) -> Decision:
        """Return the server's decision, or an empty one with an error code."""
        asked = Decision(user_id=user_id, account_id=account_id)
        try:
            question: dict[str, Any] = {"userId": _identifier(user_id)}
            if account_id is not None:
                question["accountId"] = _identifier(account_id)
            if context:
                question["context"] = dict(context)
            body = json.dumps(question, default=str).encode()
        except Exception as error:  # noqa: BLE001 - boundary: the app's values, on the app's thread
            log.warning("decide_refused reason=%s", type(error).__name__)
            return asked._replace(error="invalid")
        return self._ask(asked, body, timeout)

    def close(self) -> None:
        """Close the idle connections."""
        while self._pool:
            self._pool.pop().close()

    def _ask(self, asked: Decision, body: bytes, timeout: float) -> Decision:
        transport: Transport | None = None
        try:
            transport = self._borrowed()
            response = transport.send(DECIDE_PATH, body, self._headers, timeout)
            decision = decision_from(response, asked)
        except TransportError as error:
            decision = asked._replace(error=error.code)
        except Exception as error:  # noqa: BLE001 - boundary: nothing of ours may reach the app's request
            log.warning("decide_failed reason=%s", type(error).__name__)
            decision = asked._replace(error="internal")
        if transport is not None:
            self._give_back(transport)
        if decision.error:
            self._outage.failed("decide_without_answer code=%s", decision.error)
        else:
            self._outage.ended()
        return decision

    def _borrowed(self) -> Transport:
        try:
            return self._pool.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, transport: Transport) -> None:
        if len(self._pool) < KEPT_CONNECTIONS:
            self._pool.append(transport)
        else:
            transport.close()


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or value is None or value == "" or not isinstance(value, str | int):
        raise ValueError("an identifier must be a non-empty string")
    return str(value)
